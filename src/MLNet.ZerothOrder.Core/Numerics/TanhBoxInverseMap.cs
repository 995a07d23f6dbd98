using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>atanh(2x − 1) = ½ ln(x / (1 − x)), with x clipped to [ε, 1 − ε], where ε is the parameter. NaN stays NaN.</summary>
internal readonly struct TanhBoxInverseMap : IMap
{
    public static int Inputs => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes inside = TLanes.Min(one - parameter, TLanes.Max(parameter, x));

        // The logarithm alone would turn NaN into a number.
        return LaneMath.Log(inside / (one - inside), factor: 0.5f) + (inside - inside);
    }
}
