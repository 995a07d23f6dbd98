using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// A published attack method. It chooses the points that it asks and works on an <see cref="AttackObjective"/> only. θ is the change of the best point so far, and the state begins
/// with its loss.
/// </summary>
/// <param name="name">The name in the literature.</param>
/// <param name="mostPoints">The most points of a step.</param>
internal abstract class AttackMethod(string name, int mostPoints = 1) : ICandidateOptimizer
{
    /// <summary>The floats of state that hold the loss of θ.</summary>
    protected const int LossLength = sizeof(double) / sizeof(float);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int Directions => mostPoints - 1;

    /// <summary>The fewest points of a step. The engine has enough problems in flight to fill its calls with such steps.</summary>
    public virtual int FewestPoints => mostPoints;

    /// <inheritdoc/>
    public float? Smoothing => null;

    /// <inheritdoc/>
    public abstract bool Fits(AttackLoss loss);

    /// <inheritdoc/>
    public virtual int StateLength(int dimension) => LossLength;

    /// <inheritdoc/>
    public virtual int Candidates(in OptimizerStep step, ReadOnlySpan<float> state) => mostPoints;

    /// <inheritdoc/>
    public abstract void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions);

    /// <summary>Takes the point of the step if it is better than θ. The first step's point is always taken.</summary>
    /// <inheritdoc/>
    public virtual void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
        TakeIfBetter(step, directions, answers[0].Loss, theta, state);

    /// <summary>The objective of a step.</summary>
    /// <exception cref="ArgumentException">It is not an attack's.</exception>
    protected static AttackObjective Attacked(in OptimizerStep step) => step.Objective as AttackObjective
        ?? throw new ArgumentException($"{step.Objective.GetType().Name} is not an attack on an image, which an attack method needs.", nameof(step));

    /// <summary>Replaces θ by a point with a lower loss, or by any point in the first step.</summary>
    /// <returns>Whether the point was taken.</returns>
    protected static bool TakeIfBetter(in OptimizerStep step, ReadOnlySpan<float> point, double loss, Span<float> theta, Span<float> state)
    {
        ref double best = ref Loss(state);
        if (step.Number > 1 && !(loss < best))
        {
            return false;
        }

        best = loss;
        point.CopyTo(theta);
        return true;
    }

    /// <summary>The loss of θ.</summary>
    protected static ref double Loss(Span<float> state) => ref MemoryMarshal.Cast<float, double>(state[..LossLength])[0];

    /// <summary>1 or −1, by the key.</summary>
    protected static int Sign(RandomKey key) => (key.Value >> 63) == 0 ? 1 : -1;
}
