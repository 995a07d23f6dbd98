namespace MLNet.ZerothOrder;

/// <summary>The lengths that the spans of a learned step must have, for implementations of <see cref="ILearnedStep"/>.</summary>
public static class LearnedStepSpans
{
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void Check(
        int dimension, ReadOnlySpan<float> applied, int stateLength, ReadOnlySpan<float> state, ReadOnlySpan<float> update, ReadOnlySpan<float> deviation)
    {
        Check(state.Length, stateLength, nameof(state));
        if (!applied.IsEmpty)
        {
            Check(applied.Length, dimension, nameof(applied));
        }

        // Where the caller applies no update of its own, QueryRNN reads this step's.
        if (applied.IsEmpty || !update.IsEmpty)
        {
            Check(update.Length, dimension, nameof(update));
        }

        if (!deviation.IsEmpty)
        {
            Check(deviation.Length, dimension, nameof(deviation));
        }
    }

    private static void Check(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{name} has {length} floats; this step's has {expected}.", name);
        }
    }
}
