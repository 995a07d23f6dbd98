using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Σ xy; each product is exact.</summary>
internal readonly struct ProductSum : IReduction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Accumulate(Vector256<double> total, Vector256<double> x, Vector256<double> y) =>
        Vector256.FusedMultiplyAdd(x, y, total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> left, Vector256<double> right) => left + right;
}
