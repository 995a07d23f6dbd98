namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that asks points of its own choice. It knows what it needs of θ from earlier answers, so θ is not asked again, and no query is kept for a
/// last iterate. Every asked point may be the result. A step has 1 to q + 1 points, q being <see cref="IZerothOrderOptimizer.Directions"/>.
/// </summary>
/// <remarks>
/// <see cref="IZerothOrderOptimizer.Ask"/> receives the memory of n points in place of directions, and writes the points themselves, in the coordinates of θ. n is at most
/// <see cref="Candidates"/>; it is smaller only in the last step of a budget. <see cref="IZerothOrderOptimizer.Tell"/> receives these points and their n answers.
/// </remarks>
public interface ICandidateOptimizer : IZerothOrderOptimizer
{
    /// <summary>The number of points of a step, from 1 to q + 1.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">The caller's state.</param>
    int Candidates(in OptimizerStep step, ReadOnlySpan<float> state);
}
