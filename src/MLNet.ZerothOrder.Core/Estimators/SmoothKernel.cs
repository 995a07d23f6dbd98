using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Smooths an image of one channel in place: a weighted sum of neighbours along the rows, then along the columns. Places outside the image count as 0, and
/// each sum is multiplied by its place's scale.
/// </summary>
/// <remarks>
/// Rows are width + 2r long in both scratch arrays, so that the first sums need not know where a row ends. Four registers at a time share their weights, and do not wait for each other.
/// </remarks>
/// <param name="height">The rows.</param>
/// <param name="width">The columns.</param>
/// <param name="weights">The weights of the distances 0..r.</param>
/// <param name="across">The scale of each column, for each place of <paramref name="between"/>.</param>
/// <param name="down">The scale of each row.</param>
/// <param name="padded">Scratch memory: height × (r + width + r) + 2r floats, zeros wherever the kernel writes nothing.</param>
/// <param name="between">Scratch memory: height × (r + width + r) floats.</param>
/// <param name="image">height × width floats.</param>
internal readonly ref struct SmoothKernel(
    int height, int width, ReadOnlySpan<float> weights, ReadOnlySpan<float> across, ReadOnlySpan<float> down, Span<float> padded, Span<float> between, Span<float> image) : ILanesKernel
{
    private const int Group = 4;

    private readonly ReadOnlySpan<float> _weights = weights;
    private readonly ReadOnlySpan<float> _across = across;
    private readonly ReadOnlySpan<float> _down = down;
    private readonly Span<float> _padded = padded;
    private readonly Span<float> _between = between;
    private readonly Span<float> _image = image;

    /// <summary>The length of a row in scratch memory.</summary>
    public static int Stride(int width, int radius) => width + (2 * radius);

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
        nuint count = (nuint)TLanes.Count, stride = (nuint)Stride(width, radius), line = (nuint)width, lines = (nuint)height;

        // In each of the passes, the last register overlaps the one before it.
        nuint end = line - count;
        ref float weights = ref MemoryMarshal.GetReference(_weights);
        ref float across = ref MemoryMarshal.GetReference(_across);
        ref float down = ref MemoryMarshal.GetReference(_down);
        ref float padded = ref MemoryMarshal.GetReference(_padded);
        ref float between = ref MemoryMarshal.GetReference(_between);
        ref float image = ref MemoryMarshal.GetReference(_image);
        for (nuint y = 0; y < lines; y++)
        {
            ref float row = ref Unsafe.Add(ref padded, (y * stride) + (nuint)radius);
            for (nuint x = 0; x < line; x += count)
            {
                nuint at = Math.Min(x, end);
                TLanes.Load(in image, (y * line) + at).Store(ref row, at);
            }
        }

        nuint last = (lines * stride) - count;
        for (nuint x = 0; x < lines * stride; x += Group * count)
        {
            nuint a = Math.Min(x, last), b = Math.Min(x + count, last), c = Math.Min(x + (2 * count), last), d = Math.Min(x + (3 * count), last);
            TLanes sumA = TLanes.Broadcast(0), sumB = sumA, sumC = sumA, sumD = sumA;
            for (int k = -radius; k <= radius; k++)
            {
                TLanes weight = TLanes.Broadcast(Unsafe.Add(ref weights, Math.Abs(k)));
                ref float from = ref Unsafe.Add(ref padded, k + radius);
                sumA = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, a), sumA);
                sumB = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, b), sumB);
                sumC = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, c), sumC);
                sumD = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, d), sumD);
            }

            (sumA * TLanes.Load(in across, a)).Store(ref between, a);
            (sumB * TLanes.Load(in across, b)).Store(ref between, b);
            (sumC * TLanes.Load(in across, c)).Store(ref between, c);
            (sumD * TLanes.Load(in across, d)).Store(ref between, d);
        }

        for (int y = 0; y < height; y++)
        {
            int first = Math.Max(-radius, -y), most = Math.Min(radius, height - 1 - y);
            TLanes scale = TLanes.Broadcast(Unsafe.Add(ref down, y));
            ref float to = ref Unsafe.Add(ref image, (nuint)y * line);
            for (nuint x = 0; x < line; x += Group * count)
            {
                nuint a = Math.Min(x, end), b = Math.Min(x + count, end), c = Math.Min(x + (2 * count), end), d = Math.Min(x + (3 * count), end);
                TLanes sumA = TLanes.Broadcast(0), sumB = sumA, sumC = sumA, sumD = sumA;
                for (int k = first; k <= most; k++)
                {
                    TLanes weight = scale * TLanes.Broadcast(Unsafe.Add(ref weights, Math.Abs(k)));
                    ref float from = ref Unsafe.Add(ref between, (nuint)(y + k) * stride);
                    sumA = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, a), sumA);
                    sumB = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, b), sumB);
                    sumC = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, c), sumC);
                    sumD = TLanes.FusedMultiplyAdd(weight, TLanes.Load(in from, d), sumD);
                }

                sumA.Store(ref to, a);
                sumB.Store(ref to, b);
                sumC.Store(ref to, c);
                sumD.Store(ref to, d);
            }
        }
    }
}
