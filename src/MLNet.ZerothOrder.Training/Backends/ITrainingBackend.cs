namespace MLNet.ZerothOrder.Training;

/// <summary>What computes the gradients of a coordinatewise RNN. Any number of threads may call it at once.</summary>
public interface ITrainingBackend
{
    /// <summary>
    /// Backpropagation through T steps that started from a given state: adds ∂L/∂weights, where L = Σ outputGradient · output, all
    /// inputs being constants.
    /// </summary>
    /// <param name="weights">The network: I inputs, H hidden units, K outputs.</param>
    /// <param name="steps">T; 0 adds nothing.</param>
    /// <param name="inputs">T × I rows of d floats.</param>
    /// <param name="state">
    /// (h, c) before the first step, in blocks of 16 coordinates: H rows of h, then H rows of c, each of 16 floats; the last block is filled up.
    /// </param>
    /// <param name="outputGradient">∂L/∂output, T × K rows of d floats.</param>
    /// <param name="inputGradient">∂L/∂input through all later outputs, T × I rows of d floats to fill; empty where it is not wanted.</param>
    /// <param name="weightGradient">Added to; in the order of <see cref="RnnWeights.Values"/>.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    void Backward(
        RnnWeights weights,
        int steps,
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> state,
        ReadOnlySpan<float> outputGradient,
        Span<float> inputGradient,
        Span<float> weightGradient);
}
