namespace MLNet.ZerothOrder;

/// <summary>Checks the lengths of spans, for implementations of <see cref="ILearnedStep"/> and <see cref="ICoordinatewiseRnn"/>.</summary>
public static class LearnedStepSpans
{
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static void Check(
        int dimension, ReadOnlySpan<float> applied, int stateLength, ReadOnlySpan<float> state, ReadOnlySpan<float> update, ReadOnlySpan<float> deviation)
    {
        Check(state.Length, stateLength, nameof(state));
        if (!applied.IsEmpty)
        {
            Check(applied.Length, dimension, nameof(applied));
        }

        // If the caller applies no update of its own, QueryRNN needs this step's.
        if (applied.IsEmpty || !update.IsEmpty)
        {
            Check(update.Length, dimension, nameof(update));
        }

        if (!deviation.IsEmpty)
        {
            Check(deviation.Length, dimension, nameof(deviation));
        }
    }

    /// <summary>Checks the spans of an <see cref="ICoordinatewiseRnn"/>.</summary>
    /// <param name="rnn">The network.</param>
    /// <param name="dimension">d, the length of an output row.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static void Check(
        RnnWeights weights, ICoordinatewiseRnn rnn, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputs, out int dimension)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(rnn);
        dimension = outputs.Length / weights.Outputs;
        Check(outputs.Length, weights.Outputs * dimension, nameof(outputs));
        Check(inputs.Length, weights.Inputs * dimension, nameof(inputs));
        Check(state.Length, rnn.StateLength(dimension), nameof(state));
    }

    private static void Check(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{name} has {length} floats; this step needs {expected}.", name);
        }
    }
}
