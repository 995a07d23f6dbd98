namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>What happened in one step.</summary>
/// <param name="step">The step.</param>
/// <param name="before">θ before it.</param>
/// <param name="directions">q × d.</param>
/// <param name="answers">q + 1.</param>
/// <param name="after">θ after it.</param>
/// <param name="state">The optimizer's state after it.</param>
internal delegate void Observer(
    in OptimizerStep step, ReadOnlySpan<float> before, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> after, ReadOnlySpan<float> state);
