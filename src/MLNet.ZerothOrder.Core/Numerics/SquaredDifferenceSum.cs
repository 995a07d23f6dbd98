using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Σ (x − y)².</summary>
internal readonly struct SquaredDifferenceSum : IReduction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Accumulate(Vector256<double> total, Vector256<double> x, Vector256<double> y)
    {
        Vector256<double> difference = x - y;
        return Vector256.FusedMultiplyAdd(difference, difference, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> left, Vector256<double> right) => left + right;
}
