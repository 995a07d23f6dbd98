namespace MLNet.ZerothOrder.Training;

/// <summary>Computes the gradients of a coordinatewise RNN. Implementations are thread-safe.</summary>
public interface ITrainingBackend
{
    /// <summary>
    /// Backpropagates through T steps from a given state: adds ∂L/∂weights, where L = Σ outputGradient · output and the
    /// inputs are constants.
    /// </summary>
    /// <param name="weights">The network: I inputs, H hidden units, K outputs.</param>
    /// <param name="steps">T; 0 adds nothing.</param>
    /// <param name="inputs">T × I rows of d floats.</param>
    /// <param name="state">
    /// (h, c) before the first step, in blocks of 16 coordinates: H rows of h, then H rows of c, each of 16 floats. The last block is padded.
    /// </param>
    /// <param name="outputGradient">∂L/∂output, T × K rows of d floats.</param>
    /// <param name="inputGradient">Receives ∂L/∂input through all later outputs, T × I rows of d floats; empty if not needed.</param>
    /// <param name="weightGradient">The gradient is added to this span, in the order of <see cref="RnnWeights.Values"/>.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    void Backward(
        RnnWeights weights,
        int steps,
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> state,
        ReadOnlySpan<float> outputGradient,
        Span<float> inputGradient,
        Span<float> weightGradient);
}
