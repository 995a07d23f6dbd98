namespace MLNet.ZerothOrder;

/// <summary>One figure of two runs over the same images.</summary>
/// <param name="Mean">The run's, the mean over images of an image's mean over trials.</param>
/// <param name="ReferenceMean">The reference's.</param>
/// <param name="Ratio">Their ratio, NaN where the reference's is not positive; its error is paired by image.</param>
public readonly record struct PairedRatio(double Mean, double ReferenceMean, Estimate Ratio);
