using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Σ |x − y|.</summary>
internal readonly struct DifferenceSum : IReduction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Accumulate(Vector256<double> total, Vector256<double> x, Vector256<double> y) =>
        total + Vector256.Abs(x - y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> left, Vector256<double> right) => left + right;
}
