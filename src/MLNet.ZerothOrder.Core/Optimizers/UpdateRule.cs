namespace MLNet.ZerothOrder;

/// <summary>A hand-designed rule: from an estimate ĝ and its own state to the update that is added to θ.</summary>
/// <param name="gradient">ĝ_t, d floats.</param>
/// <param name="step">t, from 1.</param>
/// <param name="rate">The step size δ/d.</param>
/// <param name="state">The rule's state, zeros at first.</param>
/// <param name="update">Δθ_t, d floats to fill.</param>
public delegate void UpdateRule(ReadOnlySpan<float> gradient, int step, float rate, Span<float> state, Span<float> update);
