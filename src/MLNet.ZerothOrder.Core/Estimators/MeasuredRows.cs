using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The rows U along which slopes were measured: the directions u, or with a box the moves after clipping, (box(θ + μu) − box(θ)) / μ for one-sided
/// differences and (box(θ + μu) − box(θ − μu)) / 2μ for pairs. A move is computed whenever it is read, because storing all of them takes longer.
/// </summary>
/// <param name="directions">u, rows of d floats.</param>
/// <param name="dimension">d.</param>
/// <param name="known">The part with the box; null for none. The other parameters are only used with a box.</param>
/// <param name="theta">θ, d floats.</param>
/// <param name="smoothing">μ.</param>
/// <param name="pairs">The number of first rows that belong to pairs.</param>
internal readonly ref struct MeasuredRows(
    ReadOnlySpan<float> directions, int dimension, KnownTerm? known = null, ReadOnlySpan<float> theta = default, float smoothing = 0, int pairs = 0)
{
    private readonly ReadOnlySpan<float> _directions = directions;
    private readonly ReadOnlySpan<float> _theta = theta;

    /// <summary>A part of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="start">The first coordinate.</param>
    /// <param name="scratch">As long as the part. The part may be written here.</param>
    public ReadOnlySpan<float> Part(int row, int start, Span<float> scratch)
    {
        ReadOnlySpan<float> direction = _directions.Slice((row * dimension) + start, scratch.Length);
        if (known is null)
        {
            return direction;
        }

        int length = scratch.Length;
        WidestLanes.Run(new BoxedMove(
            direction, _theta.Slice(start, length), known.Lower.Span.Slice(start, length), known.Upper.Span.Slice(start, length),
            smoothing, row < pairs ? -smoothing : 0, row < pairs ? 2 * smoothing : smoothing, scratch));
        return scratch;
    }

    /// <summary>Computes (box(θ + to · u) − box(θ + from · u)) / length, where both points have the same rounding as the queried rows.</summary>
    private readonly ref struct BoxedMove(
        ReadOnlySpan<float> direction, ReadOnlySpan<float> theta, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, float to, float from, float length, Span<float> move) : ILanesKernel
    {
        private readonly ReadOnlySpan<float> _direction = direction;
        private readonly ReadOnlySpan<float> _theta = theta;
        private readonly ReadOnlySpan<float> _lower = lower;
        private readonly ReadOnlySpan<float> _upper = upper;
        private readonly Span<float> _move = move;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<TLanes>()
            where TLanes : struct, ILanes<TLanes>
        {
            nuint count = (nuint)_move.Length;
            nuint lanes = (nuint)TLanes.Count;
            nuint at = 0;
            for (; at + lanes <= count; at += lanes)
            {
                Write<TLanes>(at);
            }

            for (; at < count; at++)
            {
                Write<ScalarLane>(at);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Write<TLanes>(nuint at)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes direction = TLanes.Load(in MemoryMarshal.GetReference(_direction), at);
            TLanes theta = TLanes.Load(in MemoryMarshal.GetReference(_theta), at);
            TLanes lower = TLanes.Load(in MemoryMarshal.GetReference(_lower), at);
            TLanes upper = TLanes.Load(in MemoryMarshal.GetReference(_upper), at);
            TLanes end = TLanes.Min(upper, TLanes.Max(lower, TLanes.FusedMultiplyAdd(TLanes.Broadcast(to), direction, theta)));
            TLanes start = TLanes.Min(upper, TLanes.Max(lower, TLanes.FusedMultiplyAdd(TLanes.Broadcast(from), direction, theta)));
            ((end - start) / TLanes.Broadcast(length)).Store(ref MemoryMarshal.GetReference(_move), at);
        }
    }
}
