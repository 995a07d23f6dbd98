using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>(tanh x + 1) / 2, computed as the sigmoid of 2x so that small values keep their relative accuracy.</summary>
internal readonly struct TanhBoxMap : IMap
{
    public static int Inputs => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> => LaneMath.Sigmoid(x + x);
}
