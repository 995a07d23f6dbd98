using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// ZO-SGD with a pull to 0, both decaying linearly: Δθ = −(1 − (t − 1)/T) ((δ/d) ĝ + λθ). Nobody's baseline, but what the binary classification
/// task asks for, and so what a learned optimizer that sees θ must be compared with.
/// </summary>
/// <param name="settings">q, δ and μ.</param>
/// <param name="pull">λ.</param>
internal sealed class PulledSgd(OptimizerSettings settings, double pull) : IZerothOrderOptimizer
{
    public const string Label = "zo-sgd-pull";

    private readonly HandDesignedOptimizer _sgd = new(Label, new GaussianSampler(), UpdateRules.Sgd, 0, settings);

    public string Name => Label;

    public int Directions => _sgd.Directions;

    public float? Smoothing => _sgd.Smoothing;

    // θ before the step comes last.
    public int StateLength(int dimension) => _sgd.StateLength(dimension) + dimension;

    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) =>
        _sgd.Ask(step, theta, state[..^theta.Length], directions);

    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Span<float> before = state[^theta.Length..];
        theta.CopyTo(before);
        _sgd.Tell(step, directions, answers, theta, state[..^theta.Length]);
        float left = (float)(1 - ((step.Number - 1.0) / step.Horizon));
        for (int i = 0; i < theta.Length; i++)
        {
            theta[i] = before[i] + (left * (theta[i] - before[i] - ((float)pull * before[i])));
        }
    }
}
