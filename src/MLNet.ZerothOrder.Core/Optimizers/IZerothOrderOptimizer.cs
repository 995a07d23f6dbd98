namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that needs only function values. Each step queries q + 1 points, θ and θ + μuᵢ, and computes a new θ from the answers.
/// The optimizer holds no state: the caller passes a span of state, zeros at first. A checkpoint is therefore a copy of the span, and one
/// optimizer serves any number of problems on any number of threads.
/// </summary>
public interface IZerothOrderOptimizer
{
    /// <summary>The optimizer's name, such as <c>zo-adam</c>.</summary>
    string Name { get; }

    /// <summary>q, the rows that a step queries besides θ.</summary>
    int Directions { get; }

    /// <summary>The μ that the optimizer was tuned or trained with; null if the run chooses μ.</summary>
    float? Smoothing { get; }

    /// <summary>Whether its points are its own choice, as those of an <see cref="ICandidateOptimizer"/>.</summary>
    bool AsksPoints => this is ICandidateOptimizer;

    /// <summary>Whether the optimizer can minimize this loss. By default: any loss that uses scores, unless it limits the number of changed pixels.</summary>
    bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null };

    /// <summary>The number of floats of state for d coordinates.</summary>
    int StateLength(int dimension);

    /// <summary>Writes the q directions uᵢ of the step; the caller queries θ and each θ + μuᵢ.</summary>
    /// <param name="step">The step.</param>
    /// <param name="theta">θ_{t−1}, d floats.</param>
    /// <param name="state">The caller's state.</param>
    /// <param name="directions">Receives q × d floats.</param>
    void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions);

    /// <summary>Computes θ_t from the answers, in place.</summary>
    /// <param name="step">The step.</param>
    /// <param name="directions">q × d floats, as written by <see cref="Ask"/>.</param>
    /// <param name="answers">q + 1 answers, the first at θ_{t−1}.</param>
    /// <param name="theta">θ_{t−1} in, θ_t out.</param>
    /// <param name="state">The caller's state.</param>
    void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
}
