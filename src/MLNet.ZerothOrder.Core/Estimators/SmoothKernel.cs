using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Smooths an image of one channel in place: a weighted sum of neighbours along the rows, then along the columns. Places outside the image count as 0, and
/// each sum is multiplied by its place's scale.
/// </summary>
/// <param name="height">The rows.</param>
/// <param name="width">The columns.</param>
/// <param name="weights">The weights of the distances 0..r.</param>
/// <param name="across">The scale of each column.</param>
/// <param name="down">The scale of each row.</param>
/// <param name="padded">Scratch memory: height × (r + width + r) floats.</param>
/// <param name="between">Scratch memory: height × width floats.</param>
/// <param name="image">height × width floats.</param>
internal readonly ref struct SmoothKernel(
    int height, int width, ReadOnlySpan<float> weights, ReadOnlySpan<float> across, ReadOnlySpan<float> down, Span<float> padded, Span<float> between, Span<float> image) : ILanesKernel
{
    private readonly ReadOnlySpan<float> _weights = weights;
    private readonly ReadOnlySpan<float> _across = across;
    private readonly ReadOnlySpan<float> _down = down;
    private readonly Span<float> _padded = padded;
    private readonly Span<float> _between = between;
    private readonly Span<float> _image = image;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        if (width < TLanes.Count)
        {
            Smooth<ScalarLane>();
        }
        else
        {
            Smooth<TLanes>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Smooth<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        int radius = _weights.Length - 1;
        int stride = width + (2 * radius);
        _padded.Clear();
        for (int y = 0; y < height; y++)
        {
            _image.Slice(y * width, width).CopyTo(_padded.Slice((y * stride) + radius, width));
        }

        ref float weights = ref MemoryMarshal.GetReference(_weights);
        ref float padded = ref MemoryMarshal.GetReference(_padded);
        ref float between = ref MemoryMarshal.GetReference(_between);
        ref float image = ref MemoryMarshal.GetReference(_image);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x += TLanes.Count)
            {
                // The last register overlaps the one before it.
                int at = Math.Min(x, width - TLanes.Count);
                TLanes sum = TLanes.Broadcast(0);
                for (int k = -radius; k <= radius; k++)
                {
                    sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(Unsafe.Add(ref weights, Math.Abs(k))), TLanes.Load(in padded, (nuint)((y * stride) + at + radius + k)), sum);
                }

                (sum * TLanes.Load(in MemoryMarshal.GetReference(_across), (nuint)at)).Store(ref between, (nuint)((y * width) + at));
            }
        }

        for (int y = 0; y < height; y++)
        {
            int first = Math.Max(-radius, -y), last = Math.Min(radius, height - 1 - y);
            for (int x = 0; x < width; x += TLanes.Count)
            {
                int at = Math.Min(x, width - TLanes.Count);
                TLanes sum = TLanes.Broadcast(0);
                for (int k = first; k <= last; k++)
                {
                    sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(_down[y] * Unsafe.Add(ref weights, Math.Abs(k))), TLanes.Load(in between, (nuint)(((y + k) * width) + at)), sum);
                }

                sum.Store(ref image, (nuint)((y * width) + at));
            }
        }
    }
}
