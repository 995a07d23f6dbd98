namespace MLNet.ZerothOrder;

/// <summary>
/// One step of a learned optimizer for the d coordinates of one problem. It holds no state: the caller passes the state of the networks,
/// zeros at first, in a layout of the implementation's choice. Thread-safe.
/// </summary>
public interface ILearnedStep
{
    /// <summary>Whether there is a QueryRNN. Without one, every deviation is 1.</summary>
    bool HasQuery { get; }

    /// <summary>I, the rows of inputs of UpdateRNN.</summary>
    int Inputs { get; }

    /// <summary>The number of floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>
    /// Computes Δθ_t = α UpdateRNN(ĝ_t), or α times the step of <see cref="GatedStep"/>, and the deviation for the sampling of the next step:
    /// σ_{t+1} = |1 + QueryRNN([ĝ_t, Δθ_t])|, rescaled so that ‖σ‖₂ = √d; all ones if |1 + o| is 0 everywhere. In a gated model, QueryRNN
    /// reads ĝ_t and Δθ_t divided by their own root mean squares.
    /// </summary>
    /// <param name="inputs">The inputs of UpdateRNN, I rows of d floats. The first row is ĝ_t.</param>
    /// <param name="applied">Δθ_t if the caller applies another update than this step's; else empty.</param>
    /// <param name="scale">α, the factor of the update.</param>
    /// <param name="state">The state of both networks. Advanced in place.</param>
    /// <param name="update">Receives Δθ_t, d floats. It may be empty if <paramref name="applied"/> is given; UpdateRNN need not run then.</param>
    /// <param name="deviation">Receives σ_{t+1}, d floats. Empty if not needed; QueryRNN need not run then.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    void Run(
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation);
}
