using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// A running estimate of the gradient, corrected by the residuals of new measurements:
/// G ← G + Uᵀ (U Uᵀ + εI)⁻¹ (s − U G), where s are the measured slopes along the rows of U (block Kaczmarz). The new G is the
/// estimate nearest to the old one that agrees with the measurements, so information accumulates over steps.
/// </summary>
public static class ResidualMemory
{
    /// <summary>The most rows of one system. Larger systems are solved block by block, because memory and time of one system grow faster than its rows.</summary>
    public const int LargestBlock = 64;

    /// <summary>ε, relative to the mean diagonal of U Uᵀ: large enough for repeated directions, which occur in few dimensions.</summary>
    public const double Ridge = 1e-3;

    /// <summary>Corrects G by the measured slopes.</summary>
    /// <param name="directions">U, rows of d floats.</param>
    /// <param name="slopes">s, one per row. A slope that is not finite counts as a residual of 0.</param>
    /// <param name="memory">G, d floats; corrected in place.</param>
    public static void Correct(ReadOnlySpan<float> directions, ReadOnlySpan<double> slopes, Span<float> memory) =>
        Correct(new MeasuredRows(directions, memory.Length), slopes, memory);

    /// <summary>Corrects G by the slopes along some rows.</summary>
    internal static void Correct(MeasuredRows measured, ReadOnlySpan<double> slopes, Span<float> memory)
    {
        int most = Math.Min(LargestBlock, slopes.Length);
        double[] rented = ArrayPool<double>.Shared.Rent((most * (most + 1)) + RowProducts.ScratchLength(most + 1));
        for (int first = 0; first < slopes.Length; first += LargestBlock)
        {
            int rows = Math.Min(LargestBlock, slopes.Length - first);
            Span<double> system = rented.AsSpan(0, rows * rows);
            Span<double> residual = rented.AsSpan(rows * rows, rows);
            var products = new RowProducts(rows + 1, rented.AsSpan(rows * (rows + 1)));
            Multiply(measured, first, memory, products, rows);
            double trace = 0;
            for (int i = 0; i < rows; i++)
            {
                double wrong = slopes[first + i] - products.Product(rows, i);
                residual[i] = double.IsFinite(wrong) ? wrong : 0;
                for (int j = 0; j <= i; j++)
                {
                    system[(i * rows) + j] = products.Product(i, j);
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
            Add(measured, first, residual, memory);
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    // Multiplies the rows of a block and, as the last row, G with each other.
    private static void Multiply(MeasuredRows measured, int first, ReadOnlySpan<float> memory, RowProducts products, int rows)
    {
        products.Clear();
        int whole = memory.Length - (memory.Length % RowProducts.Columns);
        if (whole < memory.Length)
        {
            MultiplyTile(measured, first, memory, products, rows, whole, memory.Length - whole);
        }

        for (int start = 0; start < whole; start += RowProducts.Tile)
        {
            MultiplyTile(measured, first, memory, products, rows, start, Math.Min(RowProducts.Tile, whole - start));
        }
    }

    private static void MultiplyTile(MeasuredRows measured, int first, ReadOnlySpan<float> memory, RowProducts products, int rows, int start, int columns)
    {
        Span<float> scratch = stackalloc float[columns];
        for (int row = 0; row < rows; row++)
        {
            products.Set(row, measured.Part(first + row, start, scratch));
        }

        products.Set(rows, memory.Slice(start, columns));
        products.Add(columns);
    }

    // G ← G + Uᵀ x.
    private static void Add(MeasuredRows measured, int first, ReadOnlySpan<double> factors, Span<float> memory)
    {
        Span<float> scratch = stackalloc float[RowProducts.Tile];
        for (int start = 0; start < memory.Length; start += RowProducts.Tile)
        {
            Span<float> target = memory.Slice(start, Math.Min(RowProducts.Tile, memory.Length - start));
            for (int row = 0; row < factors.Length; row++)
            {
                SimdKernels.Axpy((float)factors[row], measured.Part(first + row, start, scratch[..target.Length]), target);
            }
        }
    }

    // Solves A x = b in place by the Cholesky decomposition A = L Lᵀ. Only the lower half of A is read.
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
