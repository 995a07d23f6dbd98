namespace MLNet.ZerothOrder;

/// <summary>One optimizer's run over all images and trials.</summary>
/// <param name="Optimizer">The optimizer.</param>
/// <param name="Smoothing">μ.</param>
/// <param name="SmoothingReason">Where μ comes from, in words.</param>
/// <param name="Problems">One result per image and trial: images in order, trials within an image.</param>
public sealed record AttackRun(IZerothOrderOptimizer Optimizer, float Smoothing, string SmoothingReason, IReadOnlyList<ImageResult> Problems);
