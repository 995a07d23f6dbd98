namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that reads of a step's answers only the losses and one estimate of the gradient, and whose directions may be u = σ ⊙ z, z the first
/// numbers of the step's normal stream: then an <see cref="IStepOracle"/> can ask its steps, and the directions need not be written down.
/// </summary>
public interface IEstimateOptimizer : IZerothOrderOptimizer
{
    /// <summary>What its steps ask; null where its directions are others, so that it asks row by row.</summary>
    StepShape? Shape { get; }

    /// <summary>Writes the step's σ, in place of <see cref="IZerothOrderOptimizer.Ask"/>.</summary>
    /// <param name="step">Where the run stands.</param>
    /// <param name="state">The caller's state.</param>
    /// <param name="deviation">d floats to fill.</param>
    void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation);

    /// <summary>The estimate that the step is to correct, d floats of the state; empty where its shape corrects none.</summary>
    /// <param name="state">The caller's state.</param>
    /// <param name="dimension">d.</param>
    ReadOnlySpan<float> Memory(Span<float> state, int dimension);

    /// <summary>Turns the estimate into θ_t, in place of <see cref="IZerothOrderOptimizer.Tell"/>.</summary>
    /// <param name="step">The step that was asked.</param>
    /// <param name="estimate">ĝ, or the corrected memory; d floats.</param>
    /// <param name="answers">q + 1 answers, the first at θ_{t−1}.</param>
    /// <param name="theta">θ_{t−1} in, θ_t out.</param>
    /// <param name="state">The caller's state.</param>
    void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
}
