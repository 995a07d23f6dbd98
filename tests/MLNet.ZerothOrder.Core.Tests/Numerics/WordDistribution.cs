using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests.Numerics;

/// <summary>The words themselves, with all their 32 bits.</summary>
internal readonly struct WordDistribution : IDistribution
{
    public static ulong Purpose => 0x576F726473;

    public static void Transform<TLanes>(ref TLanes first, ref TLanes second)
        where TLanes : struct, ILanes<TLanes>
    {
    }
}
