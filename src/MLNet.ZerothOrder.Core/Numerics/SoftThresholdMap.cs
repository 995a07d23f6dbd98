using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Soft thresholding, y + sign(x − y) · max(|x − y| − z, 0): moves x towards y by z, at most to y.</summary>
internal readonly struct SoftThresholdMap : IMap
{
    public static int Inputs => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes difference = x - y;
        TLanes sign = difference & TLanes.BroadcastBits(0x80000000);
        return y + (TLanes.Max(TLanes.Broadcast(0f), (difference ^ sign) - z) ^ sign);
    }
}
