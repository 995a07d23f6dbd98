using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>x + parameter · y, rounded once.</summary>
internal readonly struct ScaledAddMap : IMap
{
    public static int Inputs => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> => TLanes.FusedMultiplyAdd(parameter, y, x);
}
