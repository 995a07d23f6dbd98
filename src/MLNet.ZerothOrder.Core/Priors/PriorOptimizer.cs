using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer that starts where a prior leads it. A <see cref="Problem"/> first asks a few points along the prior, one query each (together they are the first iteration);
/// the optimizer then continues from the best of them. Where the answers contradict the prior, the optimizer starts as without it.
/// It works on an <see cref="AttackObjective"/> with scores and the clip transform, not on one that limits the number of changed pixels.
/// </summary>
public sealed class PriorOptimizer : IZerothOrderOptimizer
{
    /// <param name="inner">The optimizer.</param>
    /// <param name="prior">The prior.</param>
    public PriorOptimizer(IZerothOrderOptimizer inner, IDirectionPrior prior)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(prior);
        Inner = (inner as PriorOptimizer)?.Inner ?? inner;
        Prior = prior;
        Checks = new PriorChecks(prior);
    }

    /// <summary>The optimizer that continues.</summary>
    public IZerothOrderOptimizer Inner { get; }

    /// <summary>The prior.</summary>
    public IDirectionPrior Prior { get; }

    /// <inheritdoc/>
    public string Name => Inner.Name;

    /// <inheritdoc/>
    public int Directions => Inner.Directions;

    /// <inheritdoc/>
    public float? Smoothing => Inner.Smoothing;

    /// <inheritdoc/>
    public bool AsksPoints => Inner.AsksPoints;

    internal PriorChecks Checks { get; }

    /// <inheritdoc/>
    public bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Transform: BoxTransform.Clip } && Inner.Fits(loss);

    /// <inheritdoc/>
    public int StateLength(int dimension) => Inner.StateLength(dimension);

    /// <summary>Asks as the optimizer does without the prior.</summary>
    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) => Inner.Ask(step, theta, state, directions);

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
        Inner.Tell(step, directions, answers, theta, state);

    /// <summary>Gives the optimizer the best checked point as its start.</summary>
    /// <returns>The part of the prior's gradient that was measured; 0 if the answers contradict it.</returns>
    internal static float Start(StepDriver checks, StepDriver inner)
    {
        if (!PriorChecks.Agreed(checks.State))
        {
            return 0;
        }

        checks.Theta.CopyTo(inner.Theta);
        return PriorChecks.MeasuredShare(checks.State);
    }

    /// <summary>Moves the optimizer's running estimate by the change of the prior's gradient since the last step, so that it holds the prior's gradient plus what the measured slopes correct of it.</summary>
    /// <param name="driver">The optimizer's steps.</param>
    /// <param name="share">The part of the prior's gradient that was measured.</param>
    /// <param name="before">The prior's gradient at the last step, times the share; zeros before the first one. Receives that of this step.</param>
    internal void Move(StepDriver driver, float share, Span<float> before)
    {
        if (Inner is not IEstimateOptimizer estimator || estimator.Memory(driver.State, before.Length) is not { Length: > 0 } memory)
        {
            return;
        }

        Span<float> estimate = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(memory), memory.Length);
        TensorPrimitives.Subtract(estimate, before, estimate);
        new PriorView(Prior, (AttackObjective)driver.Objective).Gradient(driver.Theta, before);
        TensorPrimitives.Multiply(before, share, before);
        TensorPrimitives.Add(estimate, before, estimate);
    }
}
