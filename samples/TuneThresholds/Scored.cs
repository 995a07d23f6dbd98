namespace TuneThresholds;

/// <summary>The model's output for a message, and the true kind.</summary>
public sealed class Scored
{
    /// <summary>The true kind's key, from 1.</summary>
    public uint Label { get; set; }

    /// <summary>A probability per kind.</summary>
    public float[] Score { get; set; } = [];
}
