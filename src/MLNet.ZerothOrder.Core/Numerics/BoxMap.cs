using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>x, clipped to [y, z]. NaN stays NaN.</summary>
internal readonly struct BoxMap : IMap
{
    public static int Inputs => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> => TLanes.Min(z, TLanes.Max(y, x));
}
