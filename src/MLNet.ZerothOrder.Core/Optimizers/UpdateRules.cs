using System.Numerics;

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

    /// <summary>Δθ = −(δ/d) sign ĝ; 0 for ĝ = 0. No state.</summary>
    public static void SignSgd(ReadOnlySpan<float> gradient, int step, float rate, Span<float> state, Span<float> update)
    {
        for (int i = 0; i < update.Length; i++)
        {
            float g = gradient[i];
            update[i] = g > 0 ? -rate : g < 0 ? rate : 0;
        }
    }

    /// <summary>
    /// Adam with bias correction: m = β₁m + (1 − β₁)ĝ, v = β₂v + (1 − β₂)ĝ², Δθ = −(δ/d) m̂ / (√v̂ + ε). State: m and v, 2d floats.
    /// </summary>
    public static UpdateRule Adam(float beta1, float beta2, float epsilon) =>
        (gradient, step, rate, state, update) => Adam(beta1, beta2, epsilon, gradient, step, rate, state, update);

    /// <summary>Adam in any precision. The arguments are those of <see cref="UpdateRule"/>.</summary>
    public static void Adam<T>(T beta1, T beta2, T epsilon, ReadOnlySpan<T> gradient, int step, T rate, Span<T> state, Span<T> update)
        where T : IFloatingPointIeee754<T>
    {
        Span<T> m = state[..gradient.Length];
        Span<T> v = state.Slice(gradient.Length, gradient.Length);
        T rateHat = T.CreateTruncating(double.CreateTruncating(rate) / (1 - Math.Pow(double.CreateTruncating(beta1), step)));
        T vHat = T.CreateTruncating(1 / (1 - Math.Pow(double.CreateTruncating(beta2), step)));
        for (int i = 0; i < update.Length; i++)
        {
            T g = gradient[i];
            m[i] = (beta1 * m[i]) + ((T.One - beta1) * g);
            v[i] = (beta2 * v[i]) + ((T.One - beta2) * g * g);
            update[i] = -rateHat * m[i] / (T.Sqrt(v[i] * vHat) + epsilon);
        }
    }
}
