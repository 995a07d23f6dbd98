namespace MLNet.ZerothOrder;

/// <summary>How a learned optimizer is run. Defaults are the paper's.</summary>
public sealed record LearnedOptions
{
    /// <summary>q, the rows a step asks besides θ; null takes what the optimizer was trained with.</summary>
    public int? Directions
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Directions), value, "at least 1");
    }

    /// <summary>μ; null takes what the optimizer was trained with.</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value) ? value : throw Bad(nameof(Smoothing), value, "a positive number");
    }

    /// <summary>Where directions come from.</summary>
    public LearnedSampling Sampling
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw Bad(nameof(Sampling), value, "Learned, Gaussian or Guided");
    }

    /// <summary>p of the draw per step that chooses QueryRNN's deviation over 1: 0 never, 1 always.</summary>
    public double Mix
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw Bad(nameof(Mix), value, "in [0, 1]");
    } = 0.5;

    /// <summary>α, which multiplies every update of UpdateRNN.</summary>
    public double Scale
    {
        get;
        init => field = OptimizerSettings.IsPositive(value) ? value : throw Bad(nameof(Scale), value, "a positive number");
    } = 1;

    /// <summary>
    /// δ: where it is given, ZO-SGD with step size δ/d stands in UpdateRNN's place, the paper's ablation ZO-LSTM-no-update; null
    /// for UpdateRNN.
    /// </summary>
    public double? SgdStepSize
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value) ? value : throw Bad(nameof(SgdStepSize), value, "a positive number");
    }

    /// <summary>α of guided sampling (Eq. 7).</summary>
    public double GuidedAlpha
    {
        get;
        init => field = (float)value is > 0 and <= 1 ? value : throw Bad(nameof(GuidedAlpha), value, "in (0, 1]");
    } = 0.5;

    private static ArgumentOutOfRangeException Bad(string name, object? value, string right) => new(name, value, $"{name} is {right}.");
}
