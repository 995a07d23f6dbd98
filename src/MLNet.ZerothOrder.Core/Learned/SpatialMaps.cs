using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Writes the maps of <see cref="SpatialWeights"/>.</summary>
/// <param name="shape">The size of the image.</param>
/// <param name="planes">The layout of the maps.</param>
/// <param name="bySquare">1/r²; 0 while there is no estimate.</param>
/// <param name="memory">G, d floats.</param>
/// <param name="fast">A fast average of G.</param>
/// <param name="image">x0.</param>
/// <param name="theta">θ = x − x0.</param>
/// <param name="lower">The lower ends of θ.</param>
/// <param name="upper">The upper ends of θ.</param>
/// <param name="update">The last Δθ.</param>
/// <param name="window">The window's factor of each column, then of each row.</param>
/// <param name="maps">Receives the maps.</param>
internal readonly ref struct SpatialMaps(
    ImageShape shape, SpatialPlanes planes, float bySquare, ReadOnlySpan<float> memory, ReadOnlySpan<float> fast, ReadOnlySpan<float> image, ReadOnlySpan<float> theta,
    ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, ReadOnlySpan<float> update, ReadOnlySpan<float> window, Span<float> maps) : ILanesKernel
{
    private readonly ReadOnlySpan<float> _memory = memory;
    private readonly ReadOnlySpan<float> _fast = fast;
    private readonly ReadOnlySpan<float> _image = image;
    private readonly ReadOnlySpan<float> _theta = theta;
    private readonly ReadOnlySpan<float> _lower = lower;
    private readonly ReadOnlySpan<float> _upper = upper;
    private readonly ReadOnlySpan<float> _update = update;
    private readonly ReadOnlySpan<float> _window = window;
    private readonly Span<float> _maps = maps;

    /// <summary>Writes the window's factor of each column, then of each row.</summary>
    public static void Window(ImageShape shape, Span<float> window)
    {
        const float width = 0.27f;
        for (int i = 0; i < window.Length; i++)
        {
            (int at, int side) = i < shape.Width ? (i, shape.Width) : (i - shape.Width, shape.Height);
            float place = ((at + 0.5f) / side) - 0.5f;
            window[i] = MathF.Exp(-(place * place) / (2 * width * width));
        }
    }

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<TLanes>(int x, int y)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes zero = TLanes.Broadcast(0), one = TLanes.Broadcast(1);
        TLanes squares = zero, innovations = zero, gray = zero, change = zero, changed = zero, low = zero, high = zero, moves = zero;
        nuint at = (nuint)((y * shape.Width) + x), channel = (nuint)(shape.Height * shape.Width);
        for (int c = 0; c < shape.Channels; c++, at += channel)
        {
            TLanes g = Load<TLanes>(_memory, at), bottom = Load<TLanes>(_lower, at), top = Load<TLanes>(_upper, at);
            TLanes innovation = g - Load<TLanes>(_fast, at), theta = TLanes.Min(top, TLanes.Max(bottom, Load<TLanes>(_theta, at)));
            squares = TLanes.FusedMultiplyAdd(g, g, squares);
            innovations = TLanes.FusedMultiplyAdd(innovation, innovation, innovations);
            gray += Load<TLanes>(_image, at);
            change += Absolute(theta);
            changed += one - IsZero(theta);
            low += IsZero(theta - bottom);
            high += IsZero(theta - top);
            moves += Absolute(Load<TLanes>(_update, at));
        }

        float share = 1f / shape.Channels;
        TLanes mean = TLanes.Broadcast(share), byMeanSquare = TLanes.Broadcast(share * bySquare), few = TLanes.Broadcast(0.02f), half = TLanes.Broadcast(0.5f);
        bool hasEstimate = bySquare > 0;
        int place = planes.Row(y) + x;
        Store(0, place, hasEstimate ? LaneMath.Log(TLanes.FusedMultiplyAdd(squares, byMeanSquare, few)) * half : zero);
        Store(1, place, hasEstimate ? LaneMath.Log(TLanes.FusedMultiplyAdd(innovations, byMeanSquare, few)) * half : zero);
        Store(2, place, (gray * mean) - half);
        Store(3, place, Squash(change * TLanes.Broadcast(4 * share)));
        Store(4, place, changed * mean);
        Store(5, place, low * mean);
        Store(6, place, high * mean);
        Store(7, place, Load<TLanes>(_window, (nuint)x) * TLanes.Broadcast(_window[shape.Width + y]));
        Store(8, place, Squash(moves * TLanes.Broadcast(10 * share)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store<TLanes>(int map, int place, TLanes value)
        where TLanes : struct, ILanes<TLanes> => value.Store(ref MemoryMarshal.GetReference(_maps), (nuint)((map * planes.Length) + place));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load<TLanes>(ReadOnlySpan<float> source, nuint at)
        where TLanes : struct, ILanes<TLanes> => TLanes.Load(in MemoryMarshal.GetReference(source), at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Absolute<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes> => x & TLanes.BroadcastBits(0x7FFFFFFF);

    // x / (1 + x) of an x that is not negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Squash<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes> => x / (TLanes.Broadcast(1f) + x);

    // 1 if x is 0, else 0: tests that no bit but the sign is set.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes IsZero<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes nonZero = TLanes.SubtractBits(TLanes.BroadcastBits(0), Absolute(x)) >> 31;
        return TLanes.Broadcast(1f) & (nonZero ^ TLanes.BroadcastBits(0xFFFFFFFF));
    }
}
