namespace MLNet.ZerothOrder;

/// <summary>
/// One step of a learned optimizer for the d coordinates of one problem. It keeps nothing itself: the networks' state is the
/// caller's span, zeros at first, laid out as the implementation likes. Any number of threads may call it at once.
/// </summary>
public interface ILearnedStep
{
    /// <summary>Whether there is a QueryRNN; else every deviation is 1.</summary>
    bool HasQuery { get; }

    /// <summary>I: rows of inputs, as many as UpdateRNN has.</summary>
    int Inputs { get; }

    /// <summary>Floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>
    /// Δθ_t = α UpdateRNN(ĝ_t), or α times the step of <see cref="GatedStep"/>, and the deviation that the next step samples with:
    /// σ_{t+1} = |1 + QueryRNN([ĝ_t, Δθ_t])|, rescaled so that ‖σ‖₂ = √d; all ones where |1 + o| is 0 everywhere. Where UpdateRNN is gated, QueryRNN
    /// sees ĝ_t and Δθ_t each divided by its own root mean square.
    /// </summary>
    /// <param name="inputs">UpdateRNN's inputs, I rows of d floats, of which the first is ĝ_t.</param>
    /// <param name="applied">Δθ_t where the caller applies another update than this step's; empty where it applies this one.</param>
    /// <param name="scale">α, which multiplies the update.</param>
    /// <param name="state">The state of both networks; advanced.</param>
    /// <param name="update">Δθ_t, d floats to fill; may be empty where <paramref name="applied"/> is given, and UpdateRNN may then rest.</param>
    /// <param name="deviation">σ_{t+1}, d floats to fill; empty where it is not wanted, and QueryRNN may then rest.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    void Run(
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> applied,
        float scale,
        Span<float> state,
        Span<float> update,
        Span<float> deviation);
}
