namespace MLNet.ZerothOrder;

/// <summary>
/// What <see cref="ProximalOptimizer"/> assumes of images. None of it applies to an objective that is no <see cref="AttackObjective"/>, or whose image has one row or column.
/// The defaults were chosen on training images of MNIST and CIFAR-10.
/// </summary>
public sealed record ProximalOptions
{
    /// <summary>Nothing: the optimizer is then <c>zo-prox-plain</c>, whose steps a graph around the model can compute.</summary>
    public static ProximalOptions Plain { get; } = new() { UsesLastStep = false, ChannelCorrelation = 0, Width = 0, Window = 0, SlopeFactor = 1 };

    /// <summary>Whether the change of the queried part along the last step corrects the estimate as well. It costs no query (default: true).</summary>
    public bool UsesLastStep { get; init; } = true;

    /// <summary>The correlation between the channels of a direction's pixel, from 0 to below 1 (default: 0.7). Without effect on an image of one channel.</summary>
    public float ChannelCorrelation
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw Bad(nameof(ChannelCorrelation), value, "in [0, 1)");
    } = 0.7f;

    /// <summary>The width of the Gaussian that smooths a direction, in pixels, from 0 (none) to 16 (default: 0.7). Without effect on an image of several channels.</summary>
    public float Width
    {
        get;
        init => field = value is >= 0 and <= 16 ? value : throw Bad(nameof(Width), value, "in [0, 16]");
    } = 0.7f;

    /// <summary>
    /// The standard deviation w of a window around the image's centre, as a share of each side; 0 for none (default: 0.27). σ is multiplied by 0.3 + 0.7 exp(−r²/2w²), r being the
    /// distance from the centre in sides.
    /// </summary>
    public float Window
    {
        get;
        init => field = value == 0 || value is >= 0.01f and <= 100 ? value : throw Bad(nameof(Window), value, "0 or in [0.01, 100]");
    } = 0.27f;

    /// <summary>The share of the estimated slope that the step counts on, above 0 and at most 1 (default: 0.85): the margin falls by less than its linear model.</summary>
    public float SlopeFactor
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw Bad(nameof(SlopeFactor), value, "above 0 and at most 1");
    } = 0.85f;

    private static ArgumentOutOfRangeException Bad(string name, float value, string right) => new(name, value, $"{name} must be {right}.");
}
