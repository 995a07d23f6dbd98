namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>One coordinate that starts at 0; losses and solutions are looked up by its place, whatever the oracle says.</summary>
internal sealed class ScriptedObjective(params (float Place, double Loss, bool Solved)[] table) : IObjective
{
    public int Dimension => 1;

    public int InputLength => 1;

    public void Initialize(RandomKey key, Span<float> theta) => theta.Clear();

    public void Decode(ReadOnlySpan<float> theta, Span<float> input) => theta.CopyTo(input);

    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        float place = input[0];
        (_, double loss, bool solved) = table.Single(entry => entry.Place == place);
        return new Evaluation(loss, loss, solved);
    }
}
