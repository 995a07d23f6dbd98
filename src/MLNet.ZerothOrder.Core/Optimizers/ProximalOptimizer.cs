using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// zo-prox, the strongest optimizer that we know to make by hand: a gradient memory (<see cref="GradientEstimator.Correct"/>) of the
/// queried part alone, directions drawn by its magnitudes (<see cref="MagnitudeSampler"/>), and an exact step on the known part
/// and the hinge, with the rate η = δ/(d r), r the largest root mean square of the memory so far, so that it needs no scale of
/// the loss. Where nothing is known, x = θ − ηG.
/// </summary>
/// <remarks>State: G, d floats; Δθ of the last step, d floats; r.</remarks>
public sealed class ProximalOptimizer : IZerothOrderOptimizer
{
    // Faces of the box are kinks; four smoothing parameters keep most probes on one side of them.
    internal const float InsetInSmoothings = 4;

    private readonly GradientEstimator _estimator;
    private readonly double _stepSize;

    /// <param name="settings">q, δ, μ and the kind of estimate.</param>
    public ProximalOptimizer(OptimizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Directions = settings.Directions;
        Smoothing = (float?)settings.Smoothing;
        _estimator = new GradientEstimator(new MagnitudeSampler(), settings.Estimate);
        _stepSize = settings.StepSize;
    }

    /// <inheritdoc/>
    public string Name => "zo-prox";

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked((2 * dimension) + 1);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        _estimator.Perturb(step.Key, state[..d], state.Slice(d, d), directions);
        step.Objective.Known?.TurnInward(theta, step.Smoothing, directions);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Span<float> memory = state[..d];
        Span<float> update = state.Slice(d, d);
        ref float largest = ref state[2 * d];
        _estimator.Correct(directions, answers, step.Smoothing, memory);
        largest = Math.Max(largest, (float)Math.Sqrt(SimdKernels.SumOfSquares(memory) / d));
        if (!(largest > 0))
        {
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> rate = rented.AsSpan(0, d);
        rate.Fill((float)(_stepSize / d / largest));
        theta.CopyTo(update);
        ProximalStep.Apply(step.Objective.Known, answers[0].Queried, memory, rate, InsetInSmoothings * step.Smoothing, theta);
        System.Numerics.Tensors.TensorPrimitives.Subtract(theta, update, update);
        ArrayPool<float>.Shared.Return(rented);
    }
}
