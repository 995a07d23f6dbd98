namespace MLNet.ZerothOrder.Lab;

/// <summary>What happened in one step.</summary>
/// <param name="number">The step's number, from 1.</param>
/// <param name="before">θ before it.</param>
/// <param name="after">θ after it.</param>
/// <param name="estimate">The gradient estimate, Eq. 1.</param>
/// <param name="state">The optimizer's state after it.</param>
internal readonly ref struct ObservedStep(int number, ReadOnlySpan<float> before, ReadOnlySpan<float> after, ReadOnlySpan<float> estimate, ReadOnlySpan<float> state)
{
    public int Number { get; } = number;

    public ReadOnlySpan<float> Before { get; } = before;

    public ReadOnlySpan<float> After { get; } = after;

    public ReadOnlySpan<float> Estimate { get; } = estimate;

    public ReadOnlySpan<float> State { get; } = state;
}
