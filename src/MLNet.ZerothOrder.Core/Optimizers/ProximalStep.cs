using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One step on a composite objective. Only the number m is queried; it is modelled linearly as m + G·(x − θ):
/// <code>
/// x = argmin max(m + G·(x − θ), Floor) + c ‖x − x0‖_p + Σ (x − θ)² / 2η   over the box
/// </code>
/// The minimum is x(λ) = prox(θ − ηλG), with the prox of the known part (<see cref="DistortionProx"/>), for one λ in [0, 1]. λ is 1 if the
/// model stays above the floor at λ = 1, 0 if it is below the floor at λ = 0, and otherwise the λ at which the model meets the floor. The step
/// therefore ends on the decision boundary instead of zigzagging across it.
/// </summary>
internal static class ProximalStep
{
    // How far below the floor the model may end, relative to its decrease from λ = 0 to λ = 1.
    private const double Tolerance = 1e-6;
    private const int MostEvaluations = 40;

    /// <summary>θ ← x.</summary>
    /// <param name="known">The part that needs no query; null for none: then x = θ − ηG.</param>
    /// <param name="queried">m at θ.</param>
    /// <param name="gradient">G, d floats.</param>
    /// <param name="rate">η, d floats.</param>
    /// <param name="theta">θ, d floats; replaced by x. Outside the box it stands for the nearest point of the box, as in a query.</param>
    /// <returns>λ.</returns>
    public static float Apply(KnownTerm? known, double queried, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, Span<float> theta)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(3 * d);
        if (known is not null)
        {
            SimdKernels.Clip(theta, known.Lower.Span, known.Upper.Span, theta);
        }

        double radius = 0;
        var step = new Candidate(known, queried, gradient, rate, theta, rented.AsSpan(0, 3 * d), ref radius);
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

    // Finds the λ at which the model, above the floor at 0 and below it at 1, is at the floor or just below. Secant steps towards the
    // middle of the tolerance alternate with bisection: secants are fast if the model is nearly linear, bisection always converges.
    // Between neighbouring floats there is no further λ to try.
    private static double Landing(Candidate step, double start, double end)
    {
        double allowed = Tolerance * (end - start);
        double low = 0;
        double high = 1;
        double last = 0;
        for (int i = 0; i < MostEvaluations && end < allowed && MathF.BitIncrement((float)low) < (float)high; i++)
        {
            double lambda = low + ((high - low) * (i % 2 == 0 ? (start - (allowed / 2)) / (start - end) : 0.5));
            double height = step.Move((float)lambda);
            last = lambda;
            (low, start, high, end) = height > 0 ? (lambda, height, high, end) : (low, start, lambda, height);
        }

        if (last != high)
        {
            step.Move((float)high);
        }

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
        private readonly ref double _radius;

        public Candidate(
            KnownTerm? known, double queried, ReadOnlySpan<float> gradient, ReadOnlySpan<float> rate, ReadOnlySpan<float> theta, Span<float> scratch,
            ref double radius)
        {
            int d = theta.Length;
            _known = known;
            _gradient = gradient;
            _theta = theta;
            _radius = ref radius;
            Result = scratch[..d];
            _push = scratch.Slice(d, d);
            _pull = scratch.Slice(2 * d, d);

            // Without a floor, the height is infinite everywhere.
            _height = queried - (known?.Floor ?? double.NegativeInfinity) - SimdKernels.Dot(gradient, theta);
            TensorPrimitives.Multiply(rate, gradient, _push);
            if (known is not null)
            {
                DistortionProx.Pull(rate, known.Weight, _pull);
            }
        }

        public Span<float> Result { get; }

        /// <summary>Result ← x(λ).</summary>
        /// <returns>The height of the model above the floor at x(λ).</returns>
        public double Move(float lambda)
        {
            // In ℓ1, and in every norm if it has no weight, each coordinate is alone.
            DistortionNorm norm = _known is null or { Weight: 0 } ? DistortionNorm.L1 : _known.Norm;
            if (_known is not null && norm == DistortionNorm.L1)
            {
                double product = 0;
                WidestLanes.Run(new SoftMove(_theta, lambda, _push, _pull, _known, _gradient, Result, ref product));
                return _height + product;
            }

            SimdKernels.ScaledAdd(_theta, -lambda, _push, Result);
            if (_known is not null)
            {
                new DistortionProx(_pull, _known.Center.Span, _known.Lower.Span, _known.Upper.Span, Result).Apply(norm, ref _radius);
            }

            return _height + SimdKernels.Dot(_gradient, Result);
        }
    }
}
