using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Computes the step of <see cref="GatedStep"/>, in units of ρ, from the inputs and outputs of UpdateRNN. With an error, it computes the
/// errors of the outputs from the error of that step instead.
/// </summary>
/// <param name="inputs">The inputs of UpdateRNN, 4 rows of d floats.</param>
/// <param name="outputs">The outputs of UpdateRNN, 3 rows of d floats.</param>
/// <param name="scale">The factor of the step.</param>
/// <param name="error">∂L/∂(Δθ/ρ), d floats; empty to compute the step.</param>
/// <param name="result">Receives Δθ/ρ, d floats; with an error ∂L/∂o, 3 rows of d floats.</param>
internal readonly ref struct GatedOutputs(ReadOnlySpan<float> inputs, ReadOnlySpan<float> outputs, float scale, ReadOnlySpan<float> error, Span<float> result)
    : ILanesKernel
{
    private readonly ReadOnlySpan<float> _inputs = inputs;
    private readonly ReadOnlySpan<float> _outputs = outputs;
    private readonly float _scale = scale;
    private readonly ReadOnlySpan<float> _error = error;
    private readonly Span<float> _result = result;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        nuint d = (nuint)(_outputs.Length / GatedStep.NetworkOutputs);
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
        ref float inputs = ref MemoryMarshal.GetReference(_inputs);
        ref float outputs = ref MemoryMarshal.GetReference(_outputs);
        ref float result = ref MemoryMarshal.GetReference(_result);
        TLanes scale = TLanes.Broadcast(_scale);
        TLanes correction = TLanes.Broadcast(GatedStep.Correction);
        TLanes rate = TLanes.Broadcast(-GatedStep.Rate) * Exponential(TLanes.Load(in outputs, d + at), out TLanes rateMoves) * TLanes.Load(in inputs, at);
        TLanes pull = TLanes.Broadcast(-GatedStep.Pull / GatedStep.PositionScale) * Exponential(TLanes.Load(in outputs, (2 * d) + at), out TLanes pullMoves)
            * TLanes.Load(in inputs, (2 * d) + at);
        if (_error.IsEmpty)
        {
            (TLanes.FusedMultiplyAdd(correction, TLanes.Load(in outputs, at), rate + pull) * scale).Store(ref result, at);
            return;
        }

        // A clamped exponent has the derivative 0.
        TLanes error = TLanes.Load(in MemoryMarshal.GetReference(_error), at) * scale;
        TLanes exponent = TLanes.Broadcast(GatedStep.ExponentScale);
        (error * correction).Store(ref result, at);
        ((error * exponent * rate) & rateMoves).Store(ref result, d + at);
        ((error * exponent * pull) & pullMoves).Store(ref result, (2 * d) + at);
    }

    // e^{3x}, and a mask with all bits set where the exponent is not clamped.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Exponential<TLanes>(TLanes x, out TLanes moves)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes exponent = x * TLanes.Broadcast(GatedStep.ExponentScale);
        TLanes magnitude = exponent & TLanes.BroadcastBits(0x7FFFFFFF);
        moves = TLanes.SubtractBits(magnitude, TLanes.Broadcast(GatedStep.LargestExponent)) >> 31;
        TLanes held = TLanes.Min(TLanes.Broadcast(GatedStep.LargestExponent), TLanes.Max(TLanes.Broadcast(-GatedStep.LargestExponent), exponent));
        LaneMath.Exponential(held, out TLanes factor, out TLanes excess);
        return TLanes.FusedMultiplyAdd(factor, excess, factor);
    }
}
