using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Guided evolutionary strategies (Eq. 7): u ~ N(0, αI + (1 − α)UUᵀ), where U is an orthonormal basis of [ĝ_{t−1}, Δθ_{t−1}], scaled so
/// that E‖u‖² = d. A vector that is 0 or parallel to the other is left out of the basis. At the first step u ~ N(0, I).
/// </summary>
/// <param name="alpha">α in (0, 1], the share of the full space (default: 0.5, the paper's). 1 is plain Gaussian sampling.</param>
public sealed class GuidedSampler(float alpha = 0.5f) : IDirectionSampler
{
    private readonly float _alpha = alpha is > 0 and <= 1
        ? alpha : throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "α must be in (0, 1].");

    /// <inheritdoc/>
    public float Scale(int dimension) => 1;

    /// <inheritdoc/>
    public void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions)
    {
        int dimension = gradient.Length;
        CounterRandom.Normals(key, directions);
        double gradientNorm = Math.Sqrt(SimdKernels.SumOfSquares(gradient));
        double updateSquared = SimdKernels.SumOfSquares(update);
        double along = gradientNorm > 0 ? SimdKernels.Dot(gradient, update) / gradientNorm : 0;

        // The component of Δθ orthogonal to ĝ is the second basis vector, unless it is only rounding error.
        double restSquared = updateSquared - (along * along);
        double rest = restSquared > 1e-6 * updateSquared ? Math.Sqrt(restSquared) : 0;
        int rank = (gradientNorm > 0 ? 1 : 0) + (rest > 0 ? 1 : 0);
        if (rank == 0)
        {
            return;
        }

        double keep = Math.Sqrt(dimension / ((_alpha * dimension) + ((1 - _alpha) * rank)));
        float full = (float)(keep * Math.Sqrt(_alpha));
        double guided = keep * Math.Sqrt(1 - _alpha);
        RandomKey guideKey = key.Derive(1);
        Span<float> weights = stackalloc float[2];
        for (int row = 0; row * dimension < directions.Length; row++)
        {
            Span<float> direction = directions.Slice(row * dimension, dimension);
            CounterRandom.Normals(guideKey.Derive((ulong)row), weights);
            double onUpdate = rest > 0 ? guided * weights[1] / rest : 0;
            double onGradient = gradientNorm > 0 ? ((guided * weights[0]) - (onUpdate * along)) / gradientNorm : 0;
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] *= full;
            }

            SimdKernels.Axpy((float)onGradient, gradient, direction);
            SimdKernels.Axpy((float)onUpdate, update, direction);
        }
    }
}
