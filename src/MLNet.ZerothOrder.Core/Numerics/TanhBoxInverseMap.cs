using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>atanh(2x − 1) = ½ ln(x / (1 − x)), with x pulled into [ε, 1 − ε] for ε the parameter. A NaN stays one.</summary>
internal readonly struct TanhBoxInverseMap : IMap
{
    public static int Inputs => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes inside = TLanes.Min(one - parameter, TLanes.Max(parameter, x));

        // The logarithm alone would make a number of a NaN.
        return LaneMath.Log(inside / (one - inside), factor: 0.5f) + (inside - inside);
    }
}
