using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// u ~ N(0, diag(σ²)), σ ∝ (1 − s) + s |ĝ| / rms(ĝ), rescaled so that ‖σ‖₂ = √d. Coordinates with large estimated slopes are
/// perturbed more. At the first step, and if ĝ is 0 or its magnitude is outside the range of floats, u ~ N(0, I).
/// </summary>
/// <param name="share">s in [0, 1] (default: 0.5). 0 is plain Gaussian sampling.</param>
public sealed class MagnitudeSampler(float share = 0.5f) : IDirectionSampler
{
    // Numbers are scaled in pieces that fit the first-level cache. The length is a multiple of the generator's blocks.
    private const int Piece = 2048;

    private readonly float _share = share is >= 0 and <= 1
        ? share : throw new ArgumentOutOfRangeException(nameof(share), share, "The share must be in [0, 1].");

    /// <inheritdoc/>
    public float Scale(int dimension) => 1;

    /// <inheritdoc/>
    public void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions)
    {
        int dimension = gradient.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(dimension);
        Span<float> deviation = rented.AsSpan(0, dimension);
        bool scales = Deviation(gradient, deviation);
        for (int start = 0; start < directions.Length; start += Piece)
        {
            Span<float> piece = directions.Slice(start, Math.Min(Piece, directions.Length - start));
            CounterRandom.Normals(key, start, piece);
            for (int at = 0, length; scales && at < piece.Length; at += length)
            {
                int coordinate = (start + at) % dimension;
                length = Math.Min(piece.Length - at, dimension - coordinate);
                Span<float> part = piece.Slice(at, length);
                TensorPrimitives.Multiply(part, deviation.Slice(coordinate, length), part);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Writes σ.</summary>
    /// <returns>False if σ = 1; nothing is written then.</returns>
    internal bool Deviation(ReadOnlySpan<float> gradient, Span<float> deviation)
    {
        int dimension = gradient.Length;
        double rms = Math.Sqrt(SimdKernels.SumOfSquares(gradient) / dimension);
        float weight = (float)(_share / rms);
        if (!float.IsFinite(weight) || !double.IsFinite(rms))
        {
            return false;
        }

        TensorPrimitives.Abs(gradient, deviation);
        TensorPrimitives.Multiply(deviation, weight, deviation);
        TensorPrimitives.Add(deviation, 1 - _share, deviation);
        TensorPrimitives.Multiply(deviation, (float)Math.Sqrt(dimension / SimdKernels.SumOfSquares(deviation)), deviation);
        return true;
    }
}
