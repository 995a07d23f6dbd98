using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>x + y, clipped to [0, 1]. NaN stays NaN.</summary>
internal readonly struct AddClipMap : IMap
{
    public static int Inputs => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Min(TLanes.Broadcast(1f), TLanes.Max(TLanes.Broadcast(0f), x + y));
}
