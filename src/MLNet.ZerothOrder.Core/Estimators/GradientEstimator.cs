using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The ZO gradient estimate (Eq. 1): ĝ = (1/μq) Σᵢ [f(θ + μuᵢ) − f(θ)] uᵢ, or its antithetic form
/// ĝ = (1/2μp) Σᵢ [f(θ + μuᵢ) − f(θ − μuᵢ)] uᵢ over p = q/2 pairs (an odd q's last direction stays one-sided).
/// Both need q + 1 rows; the first is θ itself.
/// </summary>
/// <param name="sampler">The distribution of the directions.</param>
/// <param name="kind">One-sided or antithetic differences (default: one-sided).</param>
public sealed class GradientEstimator(IDirectionSampler sampler, EstimateKind kind = EstimateKind.Forward)
{
    // A part of the estimate that stays in the first-level cache while all rows are added to it.
    private const int Tile = 2048;

    /// <summary>The shape of a step if directions are normal numbers times a deviation σ; null for other directions.</summary>
    internal StepShape? Shape(int directions, bool corrects) =>
        sampler is GaussianSampler or MagnitudeSampler ? new StepShape(directions, kind, corrects) : null;

    /// <summary>Writes the deviation σ of the directions.</summary>
    /// <param name="gradient">The estimate of the last step, as for <see cref="Perturb"/>.</param>
    /// <param name="deviation">Receives σ, d floats.</param>
    internal void Deviation(ReadOnlySpan<float> gradient, Span<float> deviation)
    {
        if (sampler is not MagnitudeSampler magnitudes || !magnitudes.Deviation(gradient, deviation))
        {
            deviation.Fill(1);
        }
    }

    /// <summary>Writes the q rows uᵢ; the caller queries θ + μuᵢ.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="gradient">The estimate of the last step, for samplers that use it; d floats.</param>
    /// <param name="update">The update of the last step, for samplers that use it; d floats.</param>
    /// <param name="directions">Receives q × d floats.</param>
    public void Perturb(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions)
    {
        sampler.Sample(key, gradient, update, Drawn(directions, gradient.Length));
        Mirror(directions, gradient.Length);
    }

    /// <summary>The rows that are drawn at random; the others are their opposites.</summary>
    internal Span<float> Drawn(Span<float> directions, int dimension)
    {
        int rows = directions.Length / dimension;
        return directions[..((rows - Pairs(rows)) * dimension)];
    }

    /// <summary>Writes the opposites of the drawn rows.</summary>
    internal void Mirror(Span<float> directions, int dimension)
    {
        int rows = directions.Length / dimension;
        int drawn = rows - Pairs(rows);
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

    /// <summary>Computes ĝ from the answers to the rows of <see cref="Perturb"/>.</summary>
    /// <param name="directions">q × d floats, as written by Perturb.</param>
    /// <param name="answers">q + 1 answers, the first at θ.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="gradient">Receives ĝ, d floats.</param>
    public void Combine(ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, float smoothing, Span<float> gradient)
    {
        int dimension = gradient.Length;
        int rows = answers.Length - 1;
        int pairs = Pairs(rows);
        int drawn = rows - pairs;
        double scale = sampler.Scale(dimension) / ((double)smoothing * drawn);
        gradient.Clear();
        for (int start = 0; start < dimension; start += Tile)
        {
            Span<float> tile = gradient.Slice(start, Math.Min(Tile, dimension - start));
            for (int row = 0; row < drawn; row++)
            {
                double slope = row < pairs
                    ? (answers[1 + row].Loss - answers[1 + drawn + row].Loss) / 2
                    : answers[1 + row].Loss - answers[0].Loss;
                SimdKernels.Axpy((float)(slope * scale), directions.Slice((row * dimension) + start, tile.Length), tile);
            }
        }
    }

    /// <summary>
    /// Corrects a running estimate, G ← G + Uᵀ (U Uᵀ + εI)⁻¹ (s − U G), by the measured slopes s of the queried part
    /// (<see cref="Evaluation.Queried"/>) along the rows U of <see cref="Perturb"/>. Unlike <see cref="Combine"/>, it accumulates the
    /// information of earlier steps, and it estimates the gradient without the known part of the loss.
    /// </summary>
    /// <remarks>
    /// If the known part has a box, U are the moves after clipping, (box(θ + μu) − box(θ)) / μ. Most pixels of a clean image lie on
    /// the boundary of the box. The box cuts off a part of u there, so the slope along the whole of u was not measured.
    /// </remarks>
    /// <param name="directions">q × d floats, as written by Perturb.</param>
    /// <param name="answers">q + 1 answers, the first at θ.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="known">The part of the loss that needs no query; null for none.</param>
    /// <param name="memory">G, d floats; zeros at the first step.</param>
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

        ResidualMemory.Correct(new MeasuredRows(directions, dimension, known, theta, smoothing, pairs), slopes, memory);
        ArrayPool<double>.Shared.Return(rentedSlopes);
    }

    private int Pairs(int rows) => kind == EstimateKind.Antithetic ? rows / 2 : 0;
}
