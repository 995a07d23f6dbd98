using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>max |x − y|; NaN if an element is NaN.</summary>
internal readonly struct DifferenceMax : IReduction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Accumulate(Vector256<double> total, Vector256<double> x, Vector256<double> y) =>
        Combine(total, Vector256.Abs(x - y));

    // Non-negative floats have the same order as their bits read as integers. NaN is above all of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> left, Vector256<double> right) =>
        Vector256.Max(left.AsInt64(), right.AsInt64()).AsDouble();
}
