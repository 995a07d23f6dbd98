using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One step on a composite objective, of which only one number m is queried and modelled linearly, m + G·(x − θ):
/// <code>
/// x = argmin max(m + G·(x − θ), Floor) + c ‖x − x0‖_p + Σ (x − θ)² / 2η   over the box
/// </code>
/// The minimum is x(λ) = prox(θ − ηλG), prox that of the known part (<see cref="DistortionProx"/>), for one λ in [0, 1]: 1 where the
/// model stays above the floor, 0 where it is below it without a push, and else the λ at which it meets the floor. So the step
/// lands on the decision boundary instead of zigzagging across it.
/// </summary>
internal static class ProximalStep
{
    // How far below the floor a landing may be, as a share of what the whole push lowers the model by.
    private const double Tolerance = 1e-6;
    private const int MostEvaluations = 40;

    /// <summary>θ ← x.</summary>
    /// <param name="known">What needs no query; null for none: then x = θ − ηG.</param>
    /// <param name="queried">m at θ.</param>
    /// <param name="gradient">G, d floats.</param>
    /// <param name="rate">η, d floats.</param>
    /// <param name="theta">θ, d floats; outside the box it stands for the box's nearest point, as it does when it is queried. Replaced.</param>
    /// <returns>λ.</returns>
    public static float Apply(KnownTerm? known, double queried, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, Span<float> theta)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(3 * d);
        if (known is not null)
        {
            TensorPrimitives.Max(theta, known.Lower.Span, theta);
            TensorPrimitives.Min(theta, known.Upper.Span, theta);
        }

        var step = new Candidate(known, queried, gradient, rate, theta, rented.AsSpan(0, 3 * d));
        double lambda = 1;
        double end = step.Move(1);
        if (end < 0)
        {
            lambda = 0;
            double start = step.Move(0);
            if (start > 0)
            {
                lambda = Landing(step, start, end);
            }
        }

        step.Result.CopyTo(theta);
        ArrayPool<float>.Shared.Return(rented);
        return (float)lambda;
    }

    // The λ at which the model, above the floor at 0 and below it at 1, is at the floor or only just below it. A chord, aimed at
    // the middle of what is allowed, and a halving take turns: chords are quick where the model bends little, halvings never fail.
    private static double Landing(Candidate step, double start, double end)
    {
        double allowed = Tolerance * (end - start);
        double low = 0;
        double high = 1;
        for (int i = 0; i < MostEvaluations && end < allowed; i++)
        {
            double lambda = low + ((high - low) * (i % 2 == 0 ? (start - (allowed / 2)) / (start - end) : 0.5));
            double height = step.Move((float)lambda);
            (low, start, high, end) = height > 0 ? (lambda, height, high, end) : (low, start, lambda, height);
        }

        step.Move((float)high);
        return high;
    }

    private readonly ref struct Candidate
    {
        private readonly KnownTerm? _known;
        private readonly ReadOnlySpan<float> _gradient;
        private readonly ReadOnlySpan<float> _theta;
        private readonly Span<float> _push;
        private readonly Span<float> _pull;
        private readonly double _height;

        public Candidate(
            KnownTerm? known, double queried, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, ReadOnlySpan<float> theta, Span<float> scratch)
        {
            int d = theta.Length;
            _known = known;
            _gradient = gradient;
            _theta = theta;
            Result = scratch[..d];
            _push = scratch.Slice(d, d);
            _pull = scratch.Slice(2 * d, d);

            // Without a floor the model is everywhere infinitely high above it.
            _height = queried - (known?.Floor ?? double.NegativeInfinity) - SimdKernels.Dot(gradient, theta);
            TensorPrimitives.Multiply(rate, gradient, _push);
            if (known is not null)
            {
                // In double: where the loss's scale is far from 1, ηc is a float and c is not.
                for (int i = 0; i < d; i++)
                {
                    _pull[i] = (float)(rate[i] * known.Weight);
                }
            }
        }

        public Span<float> Result { get; }

        /// <summary>Result ← x(λ).</summary>
        /// <returns>How high above the floor the model is there.</returns>
        public double Move(float lambda)
        {
            SimdKernels.ScaledAdd(_theta, -lambda, _push, Result);
            if (_known is not null)
            {
                DistortionProx.Apply(_known.Norm, _pull, _known.Center.Span, _known.Lower.Span, _known.Upper.Span, Result);
            }

            return _height + SimdKernels.Dot(_gradient, Result);
        }
    }
}
