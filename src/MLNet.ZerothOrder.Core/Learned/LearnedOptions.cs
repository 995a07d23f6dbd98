namespace MLNet.ZerothOrder;

/// <summary>Options of a learned optimizer. The defaults are the paper's.</summary>
public sealed record LearnedOptions
{
    /// <summary>q, the rows that a step queries besides θ; null for the value of the training.</summary>
    public int? Directions
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(Directions), value, "at least 1");
    }

    /// <summary>μ; null for the value of the training.</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value) ? value : throw Bad(nameof(Smoothing), value, "a positive number");
    }

    /// <summary>The distribution of the directions.</summary>
    public LearnedSampling Sampling
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw Bad(nameof(Sampling), value, "Learned, Gaussian or Guided");
    }

    /// <summary>
    /// p, the probability per step of sampling with QueryRNN's deviation instead of 1; null for ½, or ¼ with a gated UpdateRNN: it averages over steps, so
    /// it has less noise to lose and keeps more of the bias.
    /// </summary>
    public double? Mix
    {
        get;
        init => field = value is null or (>= 0 and <= 1) ? value : throw Bad(nameof(Mix), value, "in [0, 1]");
    }

    /// <summary>α, the factor of every update of UpdateRNN.</summary>
    public double Scale
    {
        get;
        init => field = OptimizerSettings.IsPositive(value) ? value : throw Bad(nameof(Scale), value, "a positive number");
    } = 1;

    /// <summary>
    /// δ: replaces UpdateRNN with ZO-SGD of step size δ/d, the paper's ablation ZO-LSTM-no-update; null
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

    private static ArgumentOutOfRangeException Bad(string name, object? value, string right) => new(name, value, $"{name} must be {right}.");
}
