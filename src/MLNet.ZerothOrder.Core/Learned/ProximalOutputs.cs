using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Computes the step's gradient D = sign(G) r (|G|/r · e^{o₁} + o₂/2) and rate η = base · e^{o₃} from the outputs of the network.</summary>
/// <param name="memory">G, d floats.</param>
/// <param name="outputs">o, 3 rows of d floats.</param>
/// <param name="rms">r.</param>
/// <param name="rate">The base rate.</param>
/// <param name="limit">The limit of the exponents, which are clamped to ± this value.</param>
/// <param name="direction">Receives D, d floats.</param>
/// <param name="rates">Receives η, d floats.</param>
internal readonly ref struct ProximalOutputs(
    ReadOnlySpan<float> memory, ReadOnlySpan<float> outputs, float rms, float rate, float limit, Span<float> direction, Span<float> rates) : ILanesKernel
{
    private readonly ReadOnlySpan<float> _memory = memory;
    private readonly ReadOnlySpan<float> _outputs = outputs;
    private readonly float _rms = rms;
    private readonly float _rate = rate;
    private readonly float _limit = limit;
    private readonly Span<float> _direction = direction;
    private readonly Span<float> _rates = rates;

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write<TLanes>(nuint at, nuint d)
        where TLanes : struct, ILanes<TLanes>
    {
        ref float outputs = ref MemoryMarshal.GetReference(_outputs);
        TLanes memory = TLanes.Load(in MemoryMarshal.GetReference(_memory), at);
        TLanes sign = memory & TLanes.BroadcastBits(0x80000000);
        TLanes gain = Exponential(TLanes.Load(in outputs, at));
        TLanes added = TLanes.Load(in outputs, d + at) * TLanes.Broadcast(0.5f * _rms);
        TLanes.FusedMultiplyAdd(memory, gain, added ^ sign).Store(ref MemoryMarshal.GetReference(_direction), at);
        (Exponential(TLanes.Load(in outputs, (2 * d) + at)) * TLanes.Broadcast(_rate)).Store(ref MemoryMarshal.GetReference(_rates), at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLanes Exponential<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        LaneMath.Exponential(TLanes.Min(TLanes.Broadcast(_limit), TLanes.Max(TLanes.Broadcast(-_limit), x)), out TLanes scale, out TLanes excess);
        return TLanes.FusedMultiplyAdd(scale, excess, scale);
    }
}
