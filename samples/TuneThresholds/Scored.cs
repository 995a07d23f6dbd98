namespace TuneThresholds;

/// <summary>What the model says about a message, and the truth.</summary>
public sealed class Scored
{
    /// <summary>The true kind's key, from 1.</summary>
    public uint Label { get; set; }

    /// <summary>A probability per kind.</summary>
    public float[] Score { get; set; } = [];
}
