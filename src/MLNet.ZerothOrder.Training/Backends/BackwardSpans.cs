namespace MLNet.ZerothOrder.Training;

/// <summary>Checks the spans of every backend.</summary>
internal static class BackwardSpans
{
    /// <summary>d; 0 if there is nothing to do.</summary>
    /// <exception cref="ArgumentException">A span does not have the length that <see cref="ITrainingBackend.Backward"/> requires.</exception>
    public static int Dimension(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        int dimension = steps > 0 ? outputGradient.Length / checked(steps * weights.Outputs) : 0;
        Check(outputGradient.Length, steps * weights.Outputs * dimension, nameof(outputGradient));
        Check(inputs.Length, checked(steps * weights.Inputs * dimension), nameof(inputs));
        Check(inputGradient.Length, inputGradient.IsEmpty ? 0 : inputs.Length, nameof(inputGradient));
        Check(weightGradient.Length, weights.Values.Length, nameof(weightGradient));
        if (dimension > 0)
        {
            Check(state.Length, RnnKernel.StateLength(weights.Hidden, dimension), nameof(state));
        }

        return dimension;
    }

    private static void Check(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{name} has {length} floats and must have {expected}.", name);
        }
    }
}
