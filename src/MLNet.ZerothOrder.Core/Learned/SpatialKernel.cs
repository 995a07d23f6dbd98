using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>One layer of a <see cref="SpatialNetwork"/>: eight planes from some others, by a convolution of 3 × 3 places and a rectifier, or by a product of every pixel's numbers.</summary>
/// <param name="planes">The layout of all planes.</param>
/// <param name="inputs">How many planes are read.</param>
/// <param name="distance">The distance of a convolution's places; 0 for a product of every pixel's numbers.</param>
/// <param name="weights">For each input and place eight weights.</param>
/// <param name="biases">Eight numbers that the sums begin with.</param>
/// <param name="from">The planes that are read.</param>
/// <param name="added">Eight planes that are added after the rectifier; empty for none.</param>
/// <param name="to">Receives eight planes, whose borders are zeros.</param>
internal readonly ref struct SpatialKernel(
    SpatialPlanes planes, int inputs, int distance, ReadOnlySpan<float> weights, ReadOnlySpan<float> biases, ReadOnlySpan<float> from, ReadOnlySpan<float> added, Span<float> to) : ILanesKernel
{
    /// <summary>The planes that a layer writes.</summary>
    public const int Outputs = 8;

    private readonly ReadOnlySpan<float> _weights = weights;
    private readonly ReadOnlySpan<float> _biases = biases;
    private readonly ReadOnlySpan<float> _from = from;
    private readonly ReadOnlySpan<float> _added = added;
    private readonly Span<float> _to = to;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        ref float weights = ref MemoryMarshal.GetReference(_weights);
        ref float b = ref MemoryMarshal.GetReference(_biases);
        ref float source = ref MemoryMarshal.GetReference(_from);
        nint plane = planes.Length, stride = planes.Stride;
        int first = distance == 0 ? 4 : 0, end = distance == 0 ? 5 : 9;
        for (int y = 0; y < planes.Height; y++)
        {
            nint row = planes.Row(y);
            for (int x = 0; x < planes.Width; x += TLanes.Count)
            {
                nint at = row + x;
                TLanes a0 = TLanes.Broadcast(b), a1 = TLanes.Broadcast(Unsafe.Add(ref b, 1)), a2 = TLanes.Broadcast(Unsafe.Add(ref b, 2)), a3 = TLanes.Broadcast(Unsafe.Add(ref b, 3));
                TLanes a4 = TLanes.Broadcast(Unsafe.Add(ref b, 4)), a5 = TLanes.Broadcast(Unsafe.Add(ref b, 5)), a6 = TLanes.Broadcast(Unsafe.Add(ref b, 6)), a7 = TLanes.Broadcast(Unsafe.Add(ref b, 7));
                ref float w = ref weights;
                nint read = at;
                for (int i = 0; i < inputs; i++, read += plane)
                {
                    for (int place = first; place < end; place++)
                    {
                        TLanes value = TLanes.Load(in source, (nuint)(read + (((((place / 3) - 1) * stride) + (place % 3) - 1) * distance)));
                        a0 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(w), a0);
                        a1 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 1)), a1);
                        a2 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 2)), a2);
                        a3 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 3)), a3);
                        a4 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 4)), a4);
                        a5 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 5)), a5);
                        a6 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 6)), a6);
                        a7 = TLanes.FusedMultiplyAdd(value, TLanes.Broadcast(Unsafe.Add(ref w, 7)), a7);
                        w = ref Unsafe.Add(ref w, Outputs);
                    }
                }

                Write(a0, at);
                Write(a1, at + plane);
                Write(a2, at + (2 * plane));
                Write(a3, at + (3 * plane));
                Write(a4, at + (4 * plane));
                Write(a5, at + (5 * plane));
                Write(a6, at + (6 * plane));
                Write(a7, at + (7 * plane));
            }

            // Registers reach beyond the image, whose border stays 0.
            for (int output = 0; output < Outputs; output++)
            {
                _to.Slice((int)((output * plane) + row + planes.Width), (SpatialPlanes.Lanes - (planes.Width % SpatialPlanes.Lanes)) % SpatialPlanes.Lanes).Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write<TLanes>(TLanes sum, nint at)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes value = distance > 0 ? TLanes.Max(sum, TLanes.Broadcast(0)) : sum;
        value = _added.IsEmpty ? value : value + TLanes.Load(in MemoryMarshal.GetReference(_added), (nuint)at);
        value.Store(ref MemoryMarshal.GetReference(_to), (nuint)at);
    }
}
