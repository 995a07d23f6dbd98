using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// An estimate of the gradient that is kept from step to step and corrected by what the new directions say it gets wrong:
/// G ← G + Uᵀ (U Uᵀ + εI)⁻¹ (s − U G), s the measured slopes along the rows of U. That is block Kaczmarz: G is the nearest
/// estimate to the last one that explains the new measurements, so knowledge adds up instead of being drawn anew.
/// </summary>
internal static class ResidualMemory
{
    // Beyond so many rows the system is solved in pieces, one after the other: its memory and its time grow faster than the rows.
    public const int LargestBlock = 64;

    // ε, as a share of U Uᵀ's mean diagonal: enough to survive directions that repeat, as in few dimensions.
    public const double Ridge = 1e-3;

    /// <param name="directions">U, rows of d floats.</param>
    /// <param name="slopes">s, one per row; one that is not a finite number says that G is right along its row.</param>
    /// <param name="memory">G, d floats; corrected.</param>
    public static void Correct(ReadOnlySpan<float> directions, ReadOnlySpan<double> slopes, Span<float> memory)
    {
        int dimension = memory.Length;
        double[] rented = ArrayPool<double>.Shared.Rent(LargestBlock * (LargestBlock + 1));
        for (int first = 0; first < slopes.Length; first += LargestBlock)
        {
            int rows = Math.Min(LargestBlock, slopes.Length - first);
            ReadOnlySpan<float> block = directions.Slice(first * dimension, rows * dimension);
            Span<double> system = rented.AsSpan(0, rows * rows);
            Span<double> residual = rented.AsSpan(LargestBlock * LargestBlock, rows);
            double trace = 0;
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<float> row = block.Slice(i * dimension, dimension);
                double wrong = slopes[first + i] - SimdKernels.Dot(row, memory);
                residual[i] = double.IsFinite(wrong) ? wrong : 0;
                for (int j = 0; j <= i; j++)
                {
                    system[(i * rows) + j] = SimdKernels.Dot(row, block.Slice(j * dimension, dimension));
                }

                trace += system[(i * rows) + i];
            }

            if (!(trace > 0))
            {
                continue;
            }

            for (int i = 0; i < rows; i++)
            {
                system[(i * rows) + i] += Ridge * trace / rows;
            }

            Solve(system, residual);
            for (int i = 0; i < rows; i++)
            {
                SimdKernels.Axpy((float)residual[i], block.Slice(i * dimension, dimension), memory);
            }
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    // A x = b in place, by Cholesky's A = L Lᵀ; only A's lower half is read.
    private static void Solve(Span<double> a, Span<double> b)
    {
        int n = b.Length;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = a[(i * n) + j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[(i * n) + k] * a[(j * n) + k];
                }

                a[(i * n) + j] = i == j ? Math.Sqrt(sum) : sum / a[(j * n) + j];
            }
        }

        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                b[i] -= a[(i * n) + k] * b[k];
            }

            b[i] /= a[(i * n) + i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                b[i] -= a[(k * n) + i] * b[k];
            }

            b[i] /= a[(i * n) + i];
        }
    }
}
