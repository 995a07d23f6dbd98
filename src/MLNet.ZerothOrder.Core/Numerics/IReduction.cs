using System.Runtime.Intrinsics;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>The contribution of a pair of elements to a total that starts at 0. A pair of zeros contributes nothing.</summary>
internal interface IReduction
{
    static abstract Vector256<double> Accumulate(Vector256<double> total, Vector256<double> x, Vector256<double> y);

    static abstract Vector256<double> Combine(Vector256<double> left, Vector256<double> right);
}
