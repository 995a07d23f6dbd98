namespace MLNet.ZerothOrder;

/// <summary>What a simulated defence does to a model: noise on its input, noise on its scores, and rounded scores, in this order.</summary>
public sealed record Defence
{
    /// <summary>The standard deviation of the normal noise that is added to each value of the input, whose range is [0, 1]; every answer has its own (default: 0).</summary>
    public double InputNoise
    {
        get;
        init => field = Deviation(value, nameof(InputNoise));
    }

    /// <summary>The standard deviation of the normal noise that is added to each score; every answer has its own (default: 0).</summary>
    public double ScoreNoise
    {
        get;
        init => field = Deviation(value, nameof(ScoreNoise));
    }

    /// <summary>The decimal places that scores are rounded to, 0 to 6; null for no rounding.</summary>
    public int? Decimals
    {
        get;
        init => field = value is null or (>= 0 and <= 6) ? value : throw new ArgumentOutOfRangeException(nameof(Decimals), value, "Scores are rounded to 0 to 6 decimal places.");
    }

    /// <summary>The seed of the noise (default: 1).</summary>
    public long Seed { get; init; } = 1;

    private static double Deviation(double value, string name) => double.IsFinite(value) && value >= 0
        ? value : throw new ArgumentOutOfRangeException(name, value, "The standard deviation of noise is a finite number of at least 0.");
}
