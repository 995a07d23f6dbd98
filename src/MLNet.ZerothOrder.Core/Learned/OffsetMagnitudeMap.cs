using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>|1 + x|: the deviation from QueryRNN's offset, before rescaling.</summary>
internal readonly struct OffsetMagnitudeMap : IMap
{
    public static int Inputs => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> => (x + TLanes.Broadcast(1f)) & TLanes.BroadcastBits(0x7FFFFFFF);
}
