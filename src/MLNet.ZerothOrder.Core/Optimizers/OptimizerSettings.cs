namespace MLNet.ZerothOrder;

/// <summary>The settings of a hand-designed optimizer. The defaults are the paper's for MNIST. An optimizer ignores settings that it does not use.</summary>
public sealed record OptimizerSettings
{
    /// <summary>q, the rows that a step queries besides θ.</summary>
    public int Directions
    {
        get;
        init => field = value >= 1 ? value : throw Bad(nameof(Directions), value, "at least 1");
    } = 20;

    /// <summary>δ: the step size is δ/d.</summary>
    public double StepSize
    {
        get;
        init => field = IsPositive(value) ? value : throw Bad(nameof(StepSize), value, "a positive number");
    } = 8;

    /// <summary>β₁ of Adam.</summary>
    public double Beta1
    {
        get;
        init => field = (float)value is >= 0 and < 1 ? value : throw Bad(nameof(Beta1), value, "in [0, 1)");
    } = 0.9;

    /// <summary>β₂ of Adam.</summary>
    public double Beta2
    {
        get;
        init => field = (float)value is >= 0 and < 1 ? value : throw Bad(nameof(Beta2), value, "in [0, 1)");
    } = 0.996;

    /// <summary>ε of Adam.</summary>
    public double Epsilon
    {
        get;
        init => field = IsPositive(value) ? value : throw Bad(nameof(Epsilon), value, "a positive number");
    } = 1e-8;

    /// <summary>α of guided sampling (Eq. 7).</summary>
    public double Alpha
    {
        get;
        init => field = (float)value is > 0 and <= 1 ? value : throw Bad(nameof(Alpha), value, "in (0, 1]");
    } = 0.5;

    /// <summary>One-sided or antithetic differences.</summary>
    public EstimateKind Estimate
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw Bad(nameof(Estimate), value, "Forward or Antithetic");
    }

    /// <summary>μ; null if the run chooses μ.</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || IsPositive(value.Value) ? value : throw Bad(nameof(Smoothing), value, "a positive number");
    }

    /// <summary>Whether a setting is positive and finite as a float. Settings are converted to floats, where a tiny number becomes 0 and a huge one infinite.</summary>
    public static bool IsPositive(double value) => (float)value > 0 && float.IsFinite((float)value);

    private static ArgumentOutOfRangeException Bad(string name, object? value, string right) => new(name, value, $"{name} must be {right}.");
}
