using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Computes e^{o₁} + e^{o₂} |G|/r of every coordinate from a <see cref="SpatialNetwork"/>'s numbers.</summary>
/// <param name="shape">The size of the image.</param>
/// <param name="planes">The layout of the numbers.</param>
/// <param name="outputs">The planes of o₁ and o₂.</param>
/// <param name="memory">G, d floats.</param>
/// <param name="byMemory">1/r; 0 while there is no estimate.</param>
/// <param name="deviation">Receives d floats.</param>
internal readonly ref struct SpatialDeviation(
    ImageShape shape, SpatialPlanes planes, ReadOnlySpan<float> outputs, ReadOnlySpan<float> memory, float byMemory, Span<float> deviation) : ILanesKernel
{
    // Deviations of a pixel differ at most by a factor of e^8 from those of another one.
    private const float LargestExponent = 4;

    private readonly ReadOnlySpan<float> _outputs = outputs;
    private readonly ReadOnlySpan<float> _memory = memory;
    private readonly Span<float> _deviation = deviation;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        for (int y = 0; y < shape.Height; y++)
        {
            int x = 0;
            for (; x + TLanes.Count <= shape.Width; x += TLanes.Count)
            {
                Write<TLanes>(x, y);
            }

            for (; x < shape.Width; x++)
            {
                Write<ScalarLane>(x, y);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write<TLanes>(int x, int y)
        where TLanes : struct, ILanes<TLanes>
    {
        ref float outputs = ref MemoryMarshal.GetReference(_outputs);
        nuint place = (nuint)(planes.Row(y) + x), at = (nuint)((y * shape.Width) + x), channel = (nuint)(shape.Height * shape.Width);
        TLanes level = Exponential(TLanes.Load(in outputs, place));
        TLanes trust = Exponential(TLanes.Load(in outputs, place + (nuint)planes.Length)) * TLanes.Broadcast(byMemory);
        for (int c = 0; c < shape.Channels; c++, at += channel)
        {
            TLanes size = TLanes.Load(in MemoryMarshal.GetReference(_memory), at) & TLanes.BroadcastBits(0x7FFFFFFF);
            TLanes.FusedMultiplyAdd(trust, size, level).Store(ref MemoryMarshal.GetReference(_deviation), at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Exponential<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        LaneMath.Exponential(TLanes.Min(TLanes.Broadcast(LargestExponent), TLanes.Max(TLanes.Broadcast(-LargestExponent), x)), out TLanes scale, out TLanes excess);
        return TLanes.FusedMultiplyAdd(scale, excess, scale);
    }
}
