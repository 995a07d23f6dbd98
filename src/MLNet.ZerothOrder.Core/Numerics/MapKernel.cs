using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Applies a map element by element to spans of equal length. The destination may be one of the inputs.</summary>
internal readonly ref struct MapKernel<TMap>(
    float parameter, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, Span<float> destination) : ILanesKernel
    where TMap : struct, IMap
{
    private readonly float _parameter = parameter;
    private readonly ReadOnlySpan<float> _x = x;
    private readonly ReadOnlySpan<float> _y = y;
    private readonly ReadOnlySpan<float> _z = z;
    private readonly Span<float> _destination = destination;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        ref float x = ref MemoryMarshal.GetReference(_x);
        ref float y = ref MemoryMarshal.GetReference(_y);
        ref float z = ref MemoryMarshal.GetReference(_z);
        ref float destination = ref MemoryMarshal.GetReference(_destination);
        nuint length = (nuint)_destination.Length;
        nuint count = (nuint)TLanes.Count;
        if (length < count)
        {
            ScalarLane number = ScalarLane.Broadcast(_parameter);
            for (nuint i = 0; i < length; i++)
            {
                At(number, ref x, ref y, ref z, i).Store(ref destination, i);
            }

            return;
        }

        // The last register overlaps the one before it. It is computed before anything is stored: where the destination is also an
        // input, no element may be mapped twice.
        TLanes parameter = TLanes.Broadcast(_parameter);
        nuint end = length - count;
        TLanes last = At(parameter, ref x, ref y, ref z, end);
        for (nuint i = 0; i < end; i += count)
        {
            At(parameter, ref x, ref y, ref z, i).Store(ref destination, i);
        }

        last.Store(ref destination, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes At<TLanes>(TLanes parameter, ref float x, ref float y, ref float z, nuint index)
        where TLanes : struct, ILanes<TLanes> => TMap.Apply(
            parameter,
            TLanes.Load(in x, index),
            TMap.Inputs > 1 ? TLanes.Load(in y, index) : default,
            TMap.Inputs > 2 ? TLanes.Load(in z, index) : default);
}
