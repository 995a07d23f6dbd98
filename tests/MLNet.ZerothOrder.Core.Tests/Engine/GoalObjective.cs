namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>The oracle's value as the loss, solved below a goal.</summary>
internal sealed class GoalObjective(int dimension, double goal) : IObjective
{
    private readonly FunctionObjective _function = new(dimension);

    public int Dimension => _function.Dimension;

    public int InputLength => _function.InputLength;

    public void Initialize(RandomKey key, Span<float> theta) => _function.Initialize(key, theta);

    public void Decode(ReadOnlySpan<float> theta, Span<float> input) => _function.Decode(theta, input);

    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => new(scores[0], scores[0], scores[0] < goal);
}
