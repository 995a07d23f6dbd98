namespace MLNet.ZerothOrder;

/// <summary>The update rules of the paper's baselines as pure functions.</summary>
public static class UpdateRules
{
    /// <summary>Δθ = −(δ/d) ĝ. No state.</summary>
    public static void Sgd(ReadOnlySpan<float> gradient, int step, float rate, Span<float> state, Span<float> update)
    {
        for (int i = 0; i < update.Length; i++)
        {
            update[i] = -rate * gradient[i];
        }
    }

    /// <summary>Δθ = −(δ/d) sign ĝ, 0 where ĝ is 0. No state.</summary>
    public static void SignSgd(ReadOnlySpan<float> gradient, int step, float rate, Span<float> state, Span<float> update)
    {
        for (int i = 0; i < update.Length; i++)
        {
            float g = gradient[i];
            update[i] = g > 0 ? -rate : g < 0 ? rate : 0;
        }
    }

    /// <summary>
    /// ADAM with bias correction: m = β₁m + (1 − β₁)ĝ, v = β₂v + (1 − β₂)ĝ², Δθ = −(δ/d) m̂ / (√v̂ + ε). State: m and v, 2d floats.
    /// </summary>
    public static UpdateRule Adam(float beta1, float beta2, float epsilon) =>
        (gradient, step, rate, state, update) =>
        {
            Span<float> m = state[..gradient.Length];
            Span<float> v = state.Slice(gradient.Length, gradient.Length);
            float rateHat = (float)(rate / (1 - Math.Pow(beta1, step)));
            float vHat = (float)(1 / (1 - Math.Pow(beta2, step)));
            for (int i = 0; i < update.Length; i++)
            {
                float g = gradient[i];
                m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                update[i] = -rateHat * m[i] / (MathF.Sqrt(v[i] * vHat) + epsilon);
            }
        };
}
