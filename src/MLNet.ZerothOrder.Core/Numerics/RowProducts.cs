using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// The inner products of all pairs of some rows, with the bits of <see cref="SimdKernels.Dot"/>. Rows are added in tiles that fit the first-level cache, so
/// that each number is read from memory and converted once for all pairs.
/// </summary>
/// <param name="rows">The number of rows.</param>
/// <param name="scratch">At least <see cref="ScratchLength"/> doubles.</param>
internal readonly ref struct RowProducts(int rows, Span<double> scratch)
{
    /// <summary>The most columns of a tile.</summary>
    public const int Tile = 256;

    /// <summary>As in a <see cref="Reduction"/>, column i is always added to total i mod 16.</summary>
    public const int Columns = 16;

    private readonly Span<double> _tile = scratch[..(rows * Tile)];
    private readonly Span<double> _totals = scratch.Slice(rows * Tile, Pairs(rows) * Columns);

    /// <summary>The number of doubles for some rows.</summary>
    public static int ScratchLength(int rows) => (rows * Tile) + (Pairs(rows) * Columns);

    /// <summary>Sets all products to 0.</summary>
    public void Clear() => _totals.Clear();

    /// <summary>Sets a row of the next tile.</summary>
    /// <param name="row">The row.</param>
    /// <param name="values">At most <see cref="Tile"/> numbers, equally many for all rows.</param>
    public void Set(int row, ReadOnlySpan<float> values)
    {
        Span<double> wide = _tile.Slice(row * Tile, Whole(values.Length));
        TensorPrimitives.ConvertTruncating(values, wide);
        wide[values.Length..].Clear();
    }

    /// <summary>Adds the tile to the products. A tile whose columns are no multiple of <see cref="Columns"/> must come first.</summary>
    /// <param name="columns">The number of columns of the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int columns)
    {
        nuint whole = (nuint)Whole(columns);
        ref double start = ref MemoryMarshal.GetReference(_tile);
        ref double totals = ref MemoryMarshal.GetReference(_totals);
        for (int i = 0; i < rows; i++)
        {
            ref double x = ref Unsafe.Add(ref start, i * Tile);
            int j = 0;
            for (; Avx512F.IsSupported && j + 3 <= i; j += 4)
            {
                AddFour(ref x, ref Unsafe.Add(ref start, j * Tile), whole, ref totals);
                totals = ref Unsafe.Add(ref totals, 4 * Columns);
            }

            for (; j < i; j += 2)
            {
                AddTwo(ref x, ref Unsafe.Add(ref start, j * Tile), whole, ref totals);
                totals = ref Unsafe.Add(ref totals, 2 * Columns);
            }

            if (j == i)
            {
                AddOne(ref x, ref x, whole, ref totals);
                totals = ref Unsafe.Add(ref totals, Columns);
            }
        }
    }

    /// <summary>The product of two rows, the second of which is not after the first.</summary>
    public double Product(int row, int other)
    {
        ReadOnlySpan<double> sums = _totals.Slice((Pairs(row) + other) * Columns, Columns);
        Vector256<double> four = Vector256.Create(sums) + Vector256.Create(sums[4..]) + (Vector256.Create(sums[8..]) + Vector256.Create(sums[12..]));
        return four[0] + four[2] + (four[1] + four[3]);
    }

    private static int Pairs(int rows) => rows * (rows + 1) / 2;

    private static int Whole(int columns) => (columns + Columns - 1) / Columns * Columns;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOne(ref double x, ref double y, nuint columns, ref double totals)
    {
        Vector256<double> a0 = Vector256.LoadUnsafe(ref totals);
        Vector256<double> a1 = Vector256.LoadUnsafe(ref totals, 4);
        Vector256<double> a2 = Vector256.LoadUnsafe(ref totals, 8);
        Vector256<double> a3 = Vector256.LoadUnsafe(ref totals, 12);
        for (nuint k = 0; k < columns; k += Columns)
        {
            a0 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref x, k), Vector256.LoadUnsafe(ref y, k), a0);
            a1 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref x, k + 4), Vector256.LoadUnsafe(ref y, k + 4), a1);
            a2 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref x, k + 8), Vector256.LoadUnsafe(ref y, k + 8), a2);
            a3 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref x, k + 12), Vector256.LoadUnsafe(ref y, k + 12), a3);
        }

        a0.StoreUnsafe(ref totals);
        a1.StoreUnsafe(ref totals, 4);
        a2.StoreUnsafe(ref totals, 8);
        a3.StoreUnsafe(ref totals, 12);
    }

    // The products of x with four rows that follow each other, on registers of twice the width: each column keeps its own total, so the bits are the same.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFour(ref double x, ref double y, nuint columns, ref double totals)
    {
        Vector512<double> a0 = Vector512.LoadUnsafe(ref totals);
        Vector512<double> a1 = Vector512.LoadUnsafe(ref totals, 8);
        Vector512<double> b0 = Vector512.LoadUnsafe(ref totals, Columns);
        Vector512<double> b1 = Vector512.LoadUnsafe(ref totals, Columns + 8);
        Vector512<double> c0 = Vector512.LoadUnsafe(ref totals, 2 * Columns);
        Vector512<double> c1 = Vector512.LoadUnsafe(ref totals, (2 * Columns) + 8);
        Vector512<double> d0 = Vector512.LoadUnsafe(ref totals, 3 * Columns);
        Vector512<double> d1 = Vector512.LoadUnsafe(ref totals, (3 * Columns) + 8);
        for (nuint k = 0; k < columns; k += Columns)
        {
            Vector512<double> x0 = Vector512.LoadUnsafe(ref x, k);
            Vector512<double> x1 = Vector512.LoadUnsafe(ref x, k + 8);
            a0 = Vector512.FusedMultiplyAdd(x0, Vector512.LoadUnsafe(ref y, k), a0);
            a1 = Vector512.FusedMultiplyAdd(x1, Vector512.LoadUnsafe(ref y, k + 8), a1);
            b0 = Vector512.FusedMultiplyAdd(x0, Vector512.LoadUnsafe(ref y, k + Tile), b0);
            b1 = Vector512.FusedMultiplyAdd(x1, Vector512.LoadUnsafe(ref y, k + Tile + 8), b1);
            c0 = Vector512.FusedMultiplyAdd(x0, Vector512.LoadUnsafe(ref y, k + (2 * Tile)), c0);
            c1 = Vector512.FusedMultiplyAdd(x1, Vector512.LoadUnsafe(ref y, k + (2 * Tile) + 8), c1);
            d0 = Vector512.FusedMultiplyAdd(x0, Vector512.LoadUnsafe(ref y, k + (3 * Tile)), d0);
            d1 = Vector512.FusedMultiplyAdd(x1, Vector512.LoadUnsafe(ref y, k + (3 * Tile) + 8), d1);
        }

        a0.StoreUnsafe(ref totals);
        a1.StoreUnsafe(ref totals, 8);
        b0.StoreUnsafe(ref totals, Columns);
        b1.StoreUnsafe(ref totals, Columns + 8);
        c0.StoreUnsafe(ref totals, 2 * Columns);
        c1.StoreUnsafe(ref totals, (2 * Columns) + 8);
        d0.StoreUnsafe(ref totals, 3 * Columns);
        d1.StoreUnsafe(ref totals, (3 * Columns) + 8);
    }

    // The products of x with two rows that follow each other: more sums at a time hide more of the latency of an addition.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwo(ref double x, ref double y, nuint columns, ref double totals)
    {
        Vector256<double> a0 = Vector256.LoadUnsafe(ref totals);
        Vector256<double> a1 = Vector256.LoadUnsafe(ref totals, 4);
        Vector256<double> a2 = Vector256.LoadUnsafe(ref totals, 8);
        Vector256<double> a3 = Vector256.LoadUnsafe(ref totals, 12);
        Vector256<double> b0 = Vector256.LoadUnsafe(ref totals, 16);
        Vector256<double> b1 = Vector256.LoadUnsafe(ref totals, 20);
        Vector256<double> b2 = Vector256.LoadUnsafe(ref totals, 24);
        Vector256<double> b3 = Vector256.LoadUnsafe(ref totals, 28);
        for (nuint k = 0; k < columns; k += Columns)
        {
            Vector256<double> x0 = Vector256.LoadUnsafe(ref x, k);
            Vector256<double> x1 = Vector256.LoadUnsafe(ref x, k + 4);
            Vector256<double> x2 = Vector256.LoadUnsafe(ref x, k + 8);
            Vector256<double> x3 = Vector256.LoadUnsafe(ref x, k + 12);
            a0 = Vector256.FusedMultiplyAdd(x0, Vector256.LoadUnsafe(ref y, k), a0);
            a1 = Vector256.FusedMultiplyAdd(x1, Vector256.LoadUnsafe(ref y, k + 4), a1);
            a2 = Vector256.FusedMultiplyAdd(x2, Vector256.LoadUnsafe(ref y, k + 8), a2);
            a3 = Vector256.FusedMultiplyAdd(x3, Vector256.LoadUnsafe(ref y, k + 12), a3);
            b0 = Vector256.FusedMultiplyAdd(x0, Vector256.LoadUnsafe(ref y, k + Tile), b0);
            b1 = Vector256.FusedMultiplyAdd(x1, Vector256.LoadUnsafe(ref y, k + Tile + 4), b1);
            b2 = Vector256.FusedMultiplyAdd(x2, Vector256.LoadUnsafe(ref y, k + Tile + 8), b2);
            b3 = Vector256.FusedMultiplyAdd(x3, Vector256.LoadUnsafe(ref y, k + Tile + 12), b3);
        }

        a0.StoreUnsafe(ref totals);
        a1.StoreUnsafe(ref totals, 4);
        a2.StoreUnsafe(ref totals, 8);
        a3.StoreUnsafe(ref totals, 12);
        b0.StoreUnsafe(ref totals, 16);
        b1.StoreUnsafe(ref totals, 20);
        b2.StoreUnsafe(ref totals, 24);
        b3.StoreUnsafe(ref totals, 28);
    }
}
