namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that uses only the losses and one gradient estimate of each step. If its directions are u = σ ⊙ z, where z are the first
/// numbers of the step's normal stream, an <see cref="IStepOracle"/> can answer its steps, and the directions need not be stored.
/// </summary>
public interface IEstimateOptimizer : IZerothOrderOptimizer
{
    /// <summary>The shape of its steps; null if its directions have another form, so that it must be queried row by row.</summary>
    StepShape? Shape { get; }

    /// <summary>Writes the step's σ. Replaces <see cref="IZerothOrderOptimizer.Ask"/>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">The caller's state.</param>
    /// <param name="deviation">Receives σ, d floats.</param>
    void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation);

    /// <summary>The running estimate that the step corrects, d floats of the state; empty if the shape corrects none.</summary>
    /// <param name="state">The caller's state.</param>
    /// <param name="dimension">d.</param>
    ReadOnlySpan<float> Memory(Span<float> state, int dimension);

    /// <summary>Computes θ_t from the estimate. Replaces <see cref="IZerothOrderOptimizer.Tell"/>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="estimate">ĝ, or the corrected running estimate; d floats.</param>
    /// <param name="answers">q + 1 answers, the first at θ_{t−1}.</param>
    /// <param name="theta">θ_{t−1} in, θ_t out.</param>
    /// <param name="state">The caller's state.</param>
    void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
}
