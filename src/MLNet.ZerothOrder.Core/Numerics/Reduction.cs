using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Sums in double precision with the same bits on every machine: element i always goes to accumulator i mod 16, and the
/// accumulators are combined in a fixed order. <see cref="Vector256"/> falls back to narrower registers with the same results.
/// </summary>
internal static class Reduction
{
    /// <summary>The number of accumulators.</summary>
    public const int Accumulators = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of<TReduction>(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
        where TReduction : struct, IReduction
    {
        int whole = x.Length - (x.Length % Accumulators);
        Span<float> endX = stackalloc float[Accumulators];
        Span<float> endY = stackalloc float[Accumulators];
        if (whole < x.Length)
        {
            x[whole..].CopyTo(endX);
            y[whole..].CopyTo(endY);
        }

        // The remainder comes first, and no call after it. Totals that live across a call would stay in memory in the loop.
        Vector256<double> total0 = default;
        Vector256<double> total1 = default;
        Vector256<double> total2 = default;
        Vector256<double> total3 = default;
        Add<TReduction>(
            ref MemoryMarshal.GetReference(endX),
            ref MemoryMarshal.GetReference(endY),
            ref total0,
            ref total1,
            ref total2,
            ref total3);

        ref float startX = ref MemoryMarshal.GetReference(x);
        ref float startY = ref MemoryMarshal.GetReference(y);
        for (nuint i = 0; i < (nuint)whole; i += Accumulators)
        {
            Add<TReduction>(
                ref Unsafe.Add(ref startX, i), ref Unsafe.Add(ref startY, i), ref total0, ref total1, ref total2, ref total3);
        }

        return Combine<TReduction>(total0, total1, total2, total3);
    }

    /// <summary>The total of the accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Combine<TReduction>(Vector256<double> total0, Vector256<double> total1, Vector256<double> total2, Vector256<double> total3)
        where TReduction : struct, IReduction
    {
        Vector256<double> four = TReduction.Combine(TReduction.Combine(total0, total1), TReduction.Combine(total2, total3));
        Vector256<double> two = TReduction.Combine(four, Vector256.Create(four.GetUpper(), four.GetUpper()));
        return TReduction.Combine(two, Vector256.Create(two[1])).ToScalar();
    }

    /// <summary>Adds 16 elements to the accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TReduction>(
        ref float x,
        ref float y,
        ref Vector256<double> total0,
        ref Vector256<double> total1,
        ref Vector256<double> total2,
        ref Vector256<double> total3)
        where TReduction : struct, IReduction
    {
        total0 = TReduction.Accumulate(total0, Widen(ref x, 0), Widen(ref y, 0));
        total1 = TReduction.Accumulate(total1, Widen(ref x, 4), Widen(ref y, 4));
        total2 = TReduction.Accumulate(total2, Widen(ref x, 8), Widen(ref y, 8));
        total3 = TReduction.Accumulate(total3, Widen(ref x, 12), Widen(ref y, 12));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(ref float start, nuint index)
    {
        Vector128<float> four = Vector128.LoadUnsafe(ref start, index);
        return Avx.IsSupported ? Avx.ConvertToVector256Double(four) : Vector256.WidenLower(four.ToVector256Unsafe());
    }
}
