using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Standard test functions. Each has one difficulty: none, bad conditioning, a curved valley, kinks, saturation.</summary>
public static class SyntheticProblems
{
    /// <summary>One problem of each kind in d coordinates.</summary>
    /// <param name="dimension">d, at least 2.</param>
    public static IReadOnlyList<SyntheticProblem> All(int dimension) =>
        [Sphere(dimension), IllConditionedQuadratic(dimension), Rosenbrock(dimension), SumOfAbsoluteValues(dimension), Logistic(dimension)];

    /// <summary>f(θ) = Σ θᵢ².</summary>
    public static SyntheticProblem Sphere(int dimension) => new("sphere", dimension, 0, 1, static theta => SimdKernels.SumOfSquares(theta));

    /// <summary>f(θ) = Σ λᵢ θᵢ², with λᵢ spaced geometrically from 1/<paramref name="condition"/> to 1.</summary>
    /// <param name="dimension">d, at least 2.</param>
    /// <param name="condition">The ratio of the largest to the smallest curvature, at least 1 (default: 1000).</param>
    public static SyntheticProblem IllConditionedQuadratic(int dimension, double condition = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(condition, 1);
        double[] curvature = [.. Enumerable.Range(0, dimension).Select(i => Math.Pow(condition, (double)i / (dimension - 1)) / condition)];
        return new("ill-conditioned", dimension, 0, 1, theta =>
        {
            double sum = 0;
            for (int i = 0; i < theta.Length; i++)
            {
                sum += curvature[i] * theta[i] * theta[i];
            }

            return sum;
        });
    }

    /// <summary>f(θ) = Σ 100 (θᵢ₊₁ − θᵢ²)² + (1 − θᵢ)²: a curved valley with its minimum at (1, …, 1).</summary>
    /// <param name="dimension">d, at least 2.</param>
    public static SyntheticProblem Rosenbrock(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 2);
        return new("rosenbrock", dimension, 0, 0.5f, static theta =>
        {
            double sum = 0;
            for (int i = 0; i + 1 < theta.Length; i++)
            {
                double offValley = theta[i + 1] - ((double)theta[i] * theta[i]);
                double toGo = 1 - (double)theta[i];
                sum += (100 * offValley * offValley) + (toGo * toGo);
            }

            return sum;
        });
    }

    /// <summary>f(θ) = Σ |θᵢ|: the slopes stay constant up to the kinks at 0.</summary>
    public static SyntheticProblem SumOfAbsoluteValues(int dimension) => new("absolute", dimension, 0, 1, static theta =>
    {
        double sum = 0;
        foreach (float value in theta)
        {
            sum += Math.Abs((double)value);
        }

        return sum;
    });

    /// <summary>
    /// Logistic regression, f(θ) = (1/n) Σ log(1 + e^{−yᵢ θᵀxᵢ}) over n = 10d fixed points xᵢ ~ N(0, I) with yᵢ = sign θ*ᵀxᵢ,
    /// θ* ~ N(0, I). It is convex and noiseless. Its infimum 0 is not attained.
    /// </summary>
    /// <param name="dimension">d.</param>
    /// <param name="seed">The seed of the points (default: 1).</param>
    public static SyntheticProblem Logistic(int dimension, long seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        int count = checked(10 * dimension);
        var points = new float[checked(count * dimension)];
        var truth = new float[dimension];
        RandomKey key = RandomKey.FromSeed(seed);
        CounterRandom.Normals(key.Derive(0), truth);
        CounterRandom.Normals(key.Derive(1), points);

        // The function only needs the products yᵢxᵢ.
        for (int i = 0; i < count; i++)
        {
            Span<float> point = points.AsSpan(i * dimension, dimension);
            if (SimdKernels.Dot(truth, point) < 0)
            {
                System.Numerics.Tensors.TensorPrimitives.Negate(point, point);
            }
        }

        return new("logistic", dimension, 0, 1, theta =>
        {
            double sum = 0;
            for (int i = 0; i < count; i++)
            {
                double margin = SimdKernels.Dot(theta, points.AsSpan(i * dimension, dimension));

                // log(1 + e^−m) in a form that does not overflow.
                sum += Math.Max(-margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
            }

            return sum / count;
        });
    }
}
