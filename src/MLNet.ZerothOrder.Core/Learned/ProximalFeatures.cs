using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The inputs of a <see cref="LearnedProximalOptimizer"/>'s network for a coordinate. All are scale-free: magnitudes in units of the
/// estimate's root mean square r, lengths in units of the width w of the box. Signed numbers are multiplied by the sign of the estimate, so
/// that the network can distinguish "with the estimate" from "against it" but has no preferred direction.
/// </summary>
/// <remarks>
/// With s the sign bit of G as ±1 (so 1 at 0), φ(x) = x / (1 + |x|), and "up" and "down" the distances to the faces of the box, the inputs of a coordinate are
/// <code>
/// ½ ln(|G|/r + 0.02)   φ(|G|/r)   φ(s ΔG / rms ΔG)   φ(s fast/r)   φ(s slow/r)
/// φ(4 s (θ − x0)/w)    [θ = x0]   (s &gt; 0 ? down : up)/w          φ(10 s Δθ/w)
/// </code>
/// A distance above w, or no box, counts as w; if nothing is known, θ − x0 counts as 0. The inputs that all coordinates of a problem share, with e = m − Floor (0 without a floor), are
/// <code>
/// 0.3 ln(c/r + 0.001)   0.3 sign(e) ln(1 + |e|/rw)   e &gt; 0 ? 1 : −1   the last λ
/// ln(1 + tq/d)          ½ ln(rms ΔG / r + 0.001)     0.3 ln(1 + ‖θ − x0‖₁/w)
/// </code>
/// </remarks>
internal readonly ref struct ProximalFeatures : ILanesKernel
{
    /// <summary>The number of inputs per coordinate.</summary>
    public const int Own = 9;

    /// <summary>The number of inputs that all coordinates of a problem share.</summary>
    public const int Shared = 7;

    /// <summary>The number of all inputs of the network.</summary>
    public const int Count = Own + Shared;

    private readonly ReadOnlySpan<float> _memory;
    private readonly ReadOnlySpan<float> _innovation;
    private readonly ReadOnlySpan<float> _fast;
    private readonly ReadOnlySpan<float> _slow;
    private readonly ReadOnlySpan<float> _offset;
    private readonly ReadOnlySpan<float> _down;
    private readonly ReadOnlySpan<float> _up;
    private readonly ReadOnlySpan<float> _update;
    private readonly float _byMemory;
    private readonly float _byInnovation;
    private readonly float _byWidth;
    private readonly Span<float> _features;

    /// <param name="memory">G, d floats.</param>
    /// <param name="innovation">The correction of G in this step.</param>
    /// <param name="fast">A fast average of G.</param>
    /// <param name="slow">A slow average of G.</param>
    /// <param name="offset">θ − x0.</param>
    /// <param name="down">The distance to the lower face of the box, at most w.</param>
    /// <param name="up">The distance to the upper face of the box, at most w.</param>
    /// <param name="update">The last Δθ.</param>
    /// <param name="byMemory">1/r.</param>
    /// <param name="byInnovation">1 / the innovation's root mean square; 0 if that is 0.</param>
    /// <param name="byWidth">1/w.</param>
    /// <param name="features">Receives Own × d floats.</param>
    public ProximalFeatures(
        ReadOnlySpan<float> memory, ReadOnlySpan<float> innovation, ReadOnlySpan<float> fast, ReadOnlySpan<float> slow, ReadOnlySpan<float> offset,
        ReadOnlySpan<float> down, ReadOnlySpan<float> up, ReadOnlySpan<float> update, float byMemory, float byInnovation, float byWidth, Span<float> features)
    {
        _memory = memory;
        _innovation = innovation;
        _fast = fast;
        _slow = slow;
        _offset = offset;
        _down = down;
        _up = up;
        _update = update;
        _byMemory = byMemory;
        _byInnovation = byInnovation;
        _byWidth = byWidth;
        _features = features;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        nuint d = (nuint)_memory.Length;
        nuint lanes = (nuint)TLanes.Count;
        nuint at = 0;
        for (; at + lanes <= d; at += lanes)
        {
            Write<TLanes>(at, d);
        }

        for (; at < d; at++)
        {
            Write<ScalarLane>(at, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write<TLanes>(nuint at, nuint d)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes signBit = TLanes.BroadcastBits(0x80000000);
        TLanes byMemory = TLanes.Broadcast(_byMemory);
        TLanes byWidth = TLanes.Broadcast(_byWidth);
        TLanes memory = Load<TLanes>(_memory, at);
        TLanes sign = memory & signBit;
        TLanes magnitude = (memory ^ sign) * byMemory;
        TLanes offset = Load<TLanes>(_offset, at);

        // The step goes against the estimate: down if the estimate is positive. Distances are 0 … 1.
        TLanes isUp = sign >> 31;
        TLanes room = (Load<TLanes>(_up, at) & isUp) | (Load<TLanes>(_down, at) & (isUp ^ TLanes.BroadcastBits(0xFFFFFFFF)));

        ref float features = ref MemoryMarshal.GetReference(_features);
        (LaneMath.Log(magnitude + TLanes.Broadcast(0.02f)) * TLanes.Broadcast(0.5f)).Store(ref features, at);
        Squash(magnitude).Store(ref features, d + at);
        Squash((Load<TLanes>(_innovation, at) ^ sign) * TLanes.Broadcast(_byInnovation)).Store(ref features, (2 * d) + at);
        Squash((Load<TLanes>(_fast, at) ^ sign) * byMemory).Store(ref features, (3 * d) + at);
        Squash((Load<TLanes>(_slow, at) ^ sign) * byMemory).Store(ref features, (4 * d) + at);
        Squash((offset ^ sign) * byWidth * TLanes.Broadcast(4f)).Store(ref features, (5 * d) + at);
        IsZero(offset).Store(ref features, (6 * d) + at);
        (room * byWidth).Store(ref features, (7 * d) + at);
        Squash((Load<TLanes>(_update, at) ^ sign) * byWidth * TLanes.Broadcast(10f)).Store(ref features, (8 * d) + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load<TLanes>(ReadOnlySpan<float> source, nuint at)
        where TLanes : struct, ILanes<TLanes> => TLanes.Load(in MemoryMarshal.GetReference(source), at);

    // x / (1 + |x|).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Squash<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes> => x / (TLanes.Broadcast(1f) + (x & TLanes.BroadcastBits(0x7FFFFFFF)));

    // 1 if x is 0, else 0: tests that no bit but the sign is set.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes IsZero<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes bits = x & TLanes.BroadcastBits(0x7FFFFFFF);
        TLanes nonZero = TLanes.SubtractBits(TLanes.BroadcastBits(0), bits) >> 31;
        return TLanes.Broadcast(1f) & (nonZero ^ TLanes.BroadcastBits(0xFFFFFFFF));
    }
}
