namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>Walks θ's first coordinate through given places, whatever the answers.</summary>
internal sealed class ScriptedOptimizer(params float[] places) : IZerothOrderOptimizer
{
    public string Name => "scripted";

    public int Directions => 2;

    public float? Smoothing => null;

    public int StateLength(int dimension) => 0;

    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) => directions.Clear();

    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state) =>
        theta[0] = places[step.Number - 1];
}
