using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One step on a composite objective, of which only one number m is queried and modelled linearly, m + G·(x − θ):
/// <code>
/// x = argmin max(m + G·(x − θ), Floor) + c ‖x − x0‖_p + Σ (x − θ)² / 2η   over the box
/// </code>
/// The minimum is x(λ) = box(prox_{ηc}(θ − ηλG)) for one λ in [0, 1]: 1 where the model stays above the floor, 0 where it is
/// below it without a push, and else the λ at which it meets the floor, found by bisection. So the step lands on the decision
/// boundary instead of zigzagging across it.
/// </summary>
internal static class ProximalStep
{
    private const int Bisections = 20;

    /// <summary>θ ← x.</summary>
    /// <param name="known">What needs no query; null for none: then x = θ − ηG.</param>
    /// <param name="queried">m at θ.</param>
    /// <param name="gradient">G, d floats.</param>
    /// <param name="rate">η, d floats.</param>
    /// <param name="inset">
    /// How far from the box's faces x stays where x0 allows it, so that the next step's probes see slopes on both sides.
    /// </param>
    /// <param name="theta">θ, d floats; replaced.</param>
    /// <returns>λ.</returns>
    public static float Apply(KnownTerm? known, double queried, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, float inset, Span<float> theta)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(5 * d);
        var step = new Candidate(
            known, gradient, rate, theta, rented.AsSpan(0, d), rented.AsSpan(d, d), rented.AsSpan(2 * d, d), rented.AsSpan(3 * d, d), rented.AsSpan(4 * d, d), inset);
        double lambda = 1;
        step.Move(1);
        if (known is not null && double.IsFinite(known.Floor))
        {
            double excess = queried - known.Floor;
            if (excess + step.Change() < 0)
            {
                step.Move(0);
                lambda = 0;
                if (excess + step.Change() > 0)
                {
                    double low = 0;
                    double high = 1;
                    for (int i = 0; i < Bisections; i++)
                    {
                        lambda = (low + high) / 2;
                        step.Move((float)lambda);
                        (low, high) = excess + step.Change() > 0 ? (lambda, high) : (low, lambda);
                    }

                    // The end where the model is at the floor or below it.
                    lambda = high;
                    step.Move((float)lambda);
                }
            }
        }

        step.Result.CopyTo(theta);
        ArrayPool<float>.Shared.Return(rented);
        return (float)lambda;
    }

    private readonly ref struct Candidate
    {
        private readonly KnownTerm? _known;
        private readonly ReadOnlySpan<float> _gradient;
        private readonly ReadOnlySpan<float> _rate;
        private readonly ReadOnlySpan<float> _theta;
        private readonly Span<float> _pull;
        private readonly Span<float> _lower;
        private readonly Span<float> _upper;
        private readonly double _start;

        public Candidate(
            KnownTerm? known, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, ReadOnlySpan<float> theta,
            Span<float> result, Span<float> push, Span<float> pull, Span<float> lower, Span<float> upper, float inset)
        {
            _known = known;
            _gradient = gradient;
            _rate = rate;
            _theta = theta;
            Result = result;
            Push = push;
            _pull = pull;
            _lower = lower;
            _upper = upper;
            _start = SimdKernels.Dot(gradient, theta);
            TensorPrimitives.Multiply(rate, gradient, push);
            if (known is not null)
            {
                TensorPrimitives.Multiply(rate, (float)known.Weight, pull);
                TensorPrimitives.Add(known.Lower.Span, inset, lower);
                TensorPrimitives.Min(lower, known.Center.Span, lower);
                TensorPrimitives.Subtract(known.Upper.Span, inset, upper);
                TensorPrimitives.Max(upper, known.Center.Span, upper);
            }
        }

        public Span<float> Result { get; }

        private Span<float> Push { get; }

        /// <summary>Result ← x(λ).</summary>
        public void Move(float lambda)
        {
            SimdKernels.ScaledAdd(_theta, -lambda, Push, Result);
            if (_known is null)
            {
                return;
            }

            Shrink(_known, _rate, _pull, Result);
            TensorPrimitives.Max(Result, _lower, Result);
            TensorPrimitives.Min(Result, _upper, Result);
        }

        /// <summary>G·(x(λ) − θ).</summary>
        public double Change() => SimdKernels.Dot(_gradient, Result) - _start;
    }

    // The proximal operator of c‖x − x0‖_p. Away from ℓ1 it has no closed form with a rate per coordinate: the mean rate stands for all.
    private static void Shrink(KnownTerm known, ReadOnlySpan<float> rate, ReadOnlySpan<float> pull, Span<float> x)
    {
        ReadOnlySpan<float> center = known.Center.Span;
        if (known.Norm == DistortionNorm.L1)
        {
            SimdKernels.SoftThreshold(x, center, pull, x);
            return;
        }

        double amount = known.Weight * TensorPrimitives.Sum(rate) / rate.Length;
        if (known.Norm == DistortionNorm.L2)
        {
            double length = SimdKernels.L2Distance(x, center);
            float keep = length > amount ? (float)(1 - (amount / length)) : 0;
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = center[i] + (keep * (x[i] - center[i]));
            }

            return;
        }

        // ℓ∞: clipped to the radius at which what is cut off sums to the amount.
        double low = 0;
        double high = SimdKernels.LInfDistance(x, center);
        for (int i = 0; i < Bisections; i++)
        {
            double radius = (low + high) / 2;
            double cut = 0;
            for (int j = 0; j < x.Length; j++)
            {
                cut += Math.Max(0, Math.Abs(x[j] - center[j]) - radius);
            }

            (low, high) = cut > amount ? (radius, high) : (low, radius);
        }

        for (int i = 0; i < x.Length; i++)
        {
            x[i] = Math.Clamp(x[i], center[i] - (float)high, center[i] + (float)high);
        }
    }
}
