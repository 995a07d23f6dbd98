namespace MLNet.ZerothOrder;

/// <summary>The oracle failed: it threw, gave scores that are not finite numbers, or gave the wrong number of them.</summary>
public sealed class OracleException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Fails where a score is not a finite number; <paramref name="row"/> and <paramref name="step"/> name what was asked.</summary>
    internal static void ThrowIfNotFinite(ReadOnlySpan<float> scores, string row, int step)
    {
        foreach (float score in scores)
        {
            if (!float.IsFinite(score))
            {
                throw new OracleException(
                    $"The oracle gave {score} as a score for {row}{(step > 0 ? $" at step {step}" : "")}; scores must be finite numbers.");
            }
        }
    }
}
