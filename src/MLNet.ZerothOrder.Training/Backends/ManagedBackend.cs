namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Explicit backpropagation on the widest registers of the machine, with the same bits on every width and without allocation.
/// Thread-safe.
/// </summary>
public sealed class ManagedBackend : ITrainingBackend
{
    /// <inheritdoc/>
    public void Backward(
        RnnWeights weights, int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> state, ReadOnlySpan<float> outputGradient, Span<float> inputGradient, Span<float> weightGradient) =>
        RnnGradient.Backward(weights, steps, inputs, state, outputGradient, inputGradient, weightGradient);
}
