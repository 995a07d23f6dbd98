using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The ZO gradient estimate (Eq. 1): ĝ = (1/μq) Σᵢ [f(θ + μuᵢ) − f(θ)] uᵢ, or its antithetic form
/// ĝ = (1/2μp) Σᵢ [f(θ + μuᵢ) − f(θ − μuᵢ)] uᵢ over p = q/2 pairs (an odd q's last direction stays one-sided).
/// Both ask for q + 1 rows, the first of them θ itself.
/// </summary>
/// <param name="sampler">Where directions come from.</param>
/// <param name="kind">One-sided or antithetic.</param>
public sealed class GradientEstimator(IDirectionSampler sampler, EstimateKind kind = EstimateKind.Forward)
{
    /// <summary>What is asked for where directions are normal numbers times a deviation; null where they are others.</summary>
    internal StepShape? Shape(int directions, bool corrects) =>
        sampler is GaussianSampler or MagnitudeSampler ? new StepShape(directions, kind, corrects) : null;

    /// <summary>That deviation.</summary>
    /// <param name="gradient">The last step's estimate, as for <see cref="Perturb"/>.</param>
    /// <param name="deviation">d floats to fill.</param>
    internal void Deviation(ReadOnlySpan<float> gradient, Span<float> deviation)
    {
        if (sampler is not MagnitudeSampler magnitudes || !magnitudes.Deviation(gradient, deviation))
        {
            deviation.Fill(1);
        }
    }

    /// <summary>Writes the q rows uᵢ that are asked as θ + μuᵢ.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="gradient">The last step's estimate, for samplers that are guided by it; d floats.</param>
    /// <param name="update">The last step's update, likewise.</param>
    /// <param name="directions">q × d floats to fill.</param>
    public void Perturb(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions)
    {
        int dimension = gradient.Length;
        int rows = directions.Length / dimension;
        int drawn = rows - Pairs(rows);
        sampler.Sample(key, gradient, update, directions[..(drawn * dimension)]);
        for (int row = drawn; row < rows; row++)
        {
            ReadOnlySpan<float> direction = directions.Slice((row - drawn) * dimension, dimension);
            Span<float> opposite = directions.Slice(row * dimension, dimension);
            for (int i = 0; i < opposite.Length; i++)
            {
                opposite[i] = -direction[i];
            }
        }
    }

    /// <summary>ĝ from the answers to <see cref="Perturb"/>'s rows.</summary>
    /// <param name="directions">q × d floats, as Perturb wrote them.</param>
    /// <param name="answers">q + 1 answers, the first of them at θ.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="gradient">d floats to fill.</param>
    public void Combine(ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, float smoothing, Span<float> gradient)
    {
        int dimension = gradient.Length;
        int rows = answers.Length - 1;
        int pairs = Pairs(rows);
        int drawn = rows - pairs;
        double scale = sampler.Scale(dimension) / ((double)smoothing * drawn);
        gradient.Clear();
        for (int row = 0; row < drawn; row++)
        {
            double slope = row < pairs
                ? (answers[1 + row].Loss - answers[1 + drawn + row].Loss) / 2
                : answers[1 + row].Loss - answers[0].Loss;
            SimdKernels.Axpy((float)(slope * scale), directions.Slice(row * dimension, dimension), gradient);
        }
    }

    /// <summary>
    /// Corrects an estimate that is kept from step to step, G ← G + Uᵀ (U Uᵀ + εI)⁻¹ (s − U G), by the slopes s of the queried part
    /// (<see cref="Evaluation.Queried"/>) along <see cref="Perturb"/>'s rows U. Unlike <see cref="Combine"/> it adds up what was
    /// learned before, and it estimates the gradient without the known part of the loss.
    /// </summary>
    /// <remarks>
    /// Where the known part has a box, U are the moves that were really asked, (box(θ + μu) − box(θ)) / μ: a face of the box, on
    /// which most pixels of a clean image lie, cuts off a part of u, and a slope along the whole of it was never measured.
    /// </remarks>
    /// <param name="directions">q × d floats, as Perturb wrote them.</param>
    /// <param name="answers">q + 1 answers, the first of them at θ.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="known">What needs no query, with its box; null for none.</param>
    /// <param name="memory">G, d floats, zeros at first.</param>
    public void Correct(
        ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, float smoothing, ReadOnlySpan<float> theta, KnownTerm? known, Span<float> memory)
    {
        int dimension = memory.Length;
        int rows = answers.Length - 1;
        int pairs = Pairs(rows);
        int drawn = rows - pairs;
        double[] rentedSlopes = ArrayPool<double>.Shared.Rent(drawn);
        Span<double> slopes = rentedSlopes.AsSpan(0, drawn);
        for (int row = 0; row < drawn; row++)
        {
            slopes[row] = row < pairs
                ? (answers[1 + row].Queried - answers[1 + drawn + row].Queried) / (2.0 * smoothing)
                : (answers[1 + row].Queried - answers[0].Queried) / smoothing;
        }

        directions = directions[..(drawn * dimension)];
        if (known is null)
        {
            ResidualMemory.Correct(directions, slopes, memory);
        }
        else
        {
            float[] rentedMoves = ArrayPool<float>.Shared.Rent(directions.Length);
            Span<float> moves = rentedMoves.AsSpan(0, directions.Length);
            Moves(directions, pairs, smoothing, theta, known, moves);
            ResidualMemory.Correct(moves, slopes, memory);
            ArrayPool<float>.Shared.Return(rentedMoves);
        }

        ArrayPool<double>.Shared.Return(rentedSlopes);
    }

    private static void Moves(
        ReadOnlySpan<float> directions, int pairs, float smoothing, ReadOnlySpan<float> theta, KnownTerm known, Span<float> moves)
    {
        int dimension = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(dimension);
        Span<float> from = rented.AsSpan(0, dimension);
        for (int row = 0; row * dimension < directions.Length; row++)
        {
            ReadOnlySpan<float> direction = directions.Slice(row * dimension, dimension);
            Span<float> move = moves.Slice(row * dimension, dimension);
            Boxed(theta, row < pairs ? -smoothing : 0, direction, known, from);
            Boxed(theta, smoothing, direction, known, move);
            TensorPrimitives.Subtract(move, from, move);
            TensorPrimitives.Divide(move, row < pairs ? 2 * smoothing : smoothing, move);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // box(θ + μu), up to the box with the same rounding as the rows that are asked.
    private static void Boxed(ReadOnlySpan<float> theta, float smoothing, ReadOnlySpan<float> direction, KnownTerm known, Span<float> point)
    {
        SimdKernels.ScaledAdd(theta, smoothing, direction, point);
        TensorPrimitives.Max(point, known.Lower.Span, point);
        TensorPrimitives.Min(point, known.Upper.Span, point);
    }

    private int Pairs(int rows) => kind == EstimateKind.Antithetic ? rows / 2 : 0;
}
