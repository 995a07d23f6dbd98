namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that only queries. Each step asks for q + 1 points, θ itself and θ + μuᵢ, and turns the answers into a new θ.
/// It owns no state: it is handed the caller's span, zeros at first, so a checkpoint is a copy and one optimizer serves any
/// number of problems on any number of threads.
/// </summary>
public interface IZerothOrderOptimizer
{
    /// <summary>The optimizer's name, such as <c>zo-adam</c>.</summary>
    string Name { get; }

    /// <summary>q, the rows a step asks besides θ.</summary>
    int Directions { get; }

    /// <summary>μ that the optimizer was tuned or trained with; null leaves the choice to the run.</summary>
    float? Smoothing { get; }

    /// <summary>Floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>Writes the step's q directions uᵢ; the caller queries θ and each θ + μuᵢ.</summary>
    /// <param name="step">Where the run stands.</param>
    /// <param name="theta">θ_{t−1}, d floats.</param>
    /// <param name="state">The caller's state.</param>
    /// <param name="directions">q × d floats to fill.</param>
    void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions);

    /// <summary>Turns the answers into θ_t, in place.</summary>
    /// <param name="step">The step that was asked.</param>
    /// <param name="directions">q × d floats, as <see cref="Ask"/> wrote them.</param>
    /// <param name="answers">q + 1 answers, the first at θ_{t−1}.</param>
    /// <param name="theta">θ_{t−1} in, θ_t out.</param>
    /// <param name="state">The caller's state.</param>
    void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
}
