using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>x + (y + parameter · z), clipped to [0, 1], with the bits of <see cref="ScaledAddMap"/> followed by <see cref="AddClipMap"/>. NaN stays NaN.</summary>
internal readonly struct MoveClipMap : IMap
{
    public static int Inputs => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes> =>
        AddClipMap.Apply(parameter, x, ScaledAddMap.Apply(parameter, y, z, default), default);
}
