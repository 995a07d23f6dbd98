using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>The multiples of 2⁻²⁴ in [0, 1), all equally likely.</summary>
internal readonly struct UniformDistribution : IDistribution
{
    public static ulong Purpose => 0x556E69666F726D73;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform<TLanes>(ref TLanes first, ref TLanes second)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes scale = TLanes.Broadcast(1f / (1 << 24));
        first = TLanes.ConvertBits(first >>> 8) * scale;
        second = TLanes.ConvertBits(second >>> 8) * scale;
    }
}
