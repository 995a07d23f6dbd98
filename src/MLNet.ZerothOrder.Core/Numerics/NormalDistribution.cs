using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>The standard normal distribution by the Box–Muller transform. Numbers lie within ±6.55.</summary>
internal readonly struct NormalDistribution : IDistribution
{
    public static ulong Purpose => 0x4E6F726D616C73;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform<TLanes>(ref TLanes first, ref TLanes second)
        where TLanes : struct, ILanes<TLanes>
    {
        // The radius √(−2 ln u) comes from 31 bits; u is never 0.
        TLanes signBit = TLanes.BroadcastBits(0x80000000);
        TLanes scaled = TLanes.ConvertBits(first | TLanes.BroadcastBits(1));
        TLanes radius = TLanes.SquareRoot(LaneMath.Log(scaled ^ (scaled & signBit), factor: -2, binades: 31));

        // 23 bits give the angle to the nearest axis, within ±45°, as odd multiples of 2⁻²³ so that it is unbiased. Two other bits
        // choose the axis and its direction.
        TLanes angle = (second & TLanes.BroadcastBits(0x007FFFFF)) | TLanes.BroadcastBits(0x3F800001);
        LaneMath.SineCosine(angle - TLanes.Broadcast(1.5f), out TLanes sine, out TLanes cosine);
        cosine ^= first & signBit;
        TLanes swap = (sine ^ cosine) & (second >> 31);
        first = radius * (cosine ^ swap);
        second = radius * (sine ^ swap);
    }
}
