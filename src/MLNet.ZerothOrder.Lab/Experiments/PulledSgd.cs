using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// ZO-SGD with weight decay (a pull towards 0) and a factor that falls linearly: Δθ = −(1 − (t − 1)/T) ((δ/d) ĝ + λθ). It is not a baseline of the
/// paper, but it suits the binary classification task, so a learned optimizer that sees θ must be compared with it.
/// </summary>
/// <param name="settings">q, δ and μ.</param>
/// <param name="pull">λ, the strength of the weight decay.</param>
internal sealed class PulledSgd(OptimizerSettings settings, double pull) : IZerothOrderOptimizer
{
    public const string Label = "zo-sgd-pull";

    private readonly HandDesignedOptimizer _sgd = new(Label, new GaussianSampler(), UpdateRules.Sgd, 0, settings);

    public string Name => Label;

    public int Directions => _sgd.Directions;

    public float? Smoothing => _sgd.Smoothing;

    // The last d numbers of the state are θ before the step.
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
