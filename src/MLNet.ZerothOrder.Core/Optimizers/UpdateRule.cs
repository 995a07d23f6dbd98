namespace MLNet.ZerothOrder;

/// <summary>A hand-designed update rule: maps an estimate ĝ and the state of the rule to the update that is added to θ.</summary>
/// <param name="gradient">ĝ_t, d floats.</param>
/// <param name="step">t, from 1.</param>
/// <param name="rate">The step size δ/d.</param>
/// <param name="state">The rule's state, zeros at first.</param>
/// <param name="update">Receives Δθ_t, d floats.</param>
public delegate void UpdateRule(ReadOnlySpan<float> gradient, int step, float rate, Span<float> state, Span<float> update);
