using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>The elementwise part of an LSTM: computes the new (h, c) from the sums of the gates.</summary>
internal static class LstmCell
{
    /// <summary>
    /// c ← σ(f) c + σ(i) tanh(g); returns h = σ(o) tanh(c).
    /// The absolute error is below 1e-6 · max(1, |c|) for |c| up to 1e5.
    /// NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Step<TLanes>(TLanes i, TLanes f, TLanes g, TLanes o, ref TLanes c)
        where TLanes : struct, ILanes<TLanes>
    {
        // Divisions dominate the cost here, so each sum uses one division over a common denominator:
        // c / (1 + e⁻ᶠ) + (e²ᵍ − 1) / ((1 + e⁻ⁱ) (e²ᵍ + 1)), and (e²ᶜ − 1) / ((1 + e⁻ᵒ) (e²ᶜ + 1)).
        TLanes two = TLanes.Broadcast(2f);
        TLanes forget = ExponentialMinus1(TLanes.Broadcast(0f) - f) + two;
        TLanes input = ExponentialMinus1(TLanes.Broadcast(0f) - i) + two;
        TLanes candidate = ExponentialMinus1(g + g);
        TLanes share = input * (candidate + two);
        c = TLanes.FusedMultiplyAdd(c, share, candidate * forget) / (share * forget);

        TLanes output = ExponentialMinus1(TLanes.Broadcast(0f) - o) + two;
        TLanes cell = ExponentialMinus1(c + c);
        return cell / (output * (cell + two));
    }

    /// <summary>
    /// The same step with the values that backpropagation needs: the sums are replaced by σ(i), σ(f), tanh(g) and σ(o).
    /// </summary>
    /// <param name="squashed">Receives tanh of the new c.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Step<TLanes>(ref TLanes i, ref TLanes f, ref TLanes g, ref TLanes o, ref TLanes c, out TLanes squashed)
        where TLanes : struct, ILanes<TLanes>
    {
        // As above, one division for each of the two sums.
        TLanes one = TLanes.Broadcast(1f);
        TLanes two = TLanes.Broadcast(2f);
        TLanes forget = ExponentialMinus1(TLanes.Broadcast(0f) - f) + two;
        TLanes input = ExponentialMinus1(TLanes.Broadcast(0f) - i) + two;
        TLanes candidate = ExponentialMinus1(g + g);
        TLanes share = input * (candidate + two);
        TLanes inverse = one / (share * forget);
        f = share * inverse;
        inverse *= forget;
        i = (candidate + two) * inverse;
        g = candidate * input * inverse;
        c = TLanes.FusedMultiplyAdd(f, c, i * g);

        TLanes output = ExponentialMinus1(TLanes.Broadcast(0f) - o) + two;
        TLanes cell = ExponentialMinus1(c + c);
        inverse = one / (output * (cell + two));
        o = (cell + two) * inverse;
        squashed = cell * output * inverse;
        return o * squashed;
    }

    // eˣ − 1 without cancellation, so that tanh is accurate near 0. x is clamped to ±25: beyond it, tanh and σ equal their limits to
    // 1.4e-11, and the product of three such numbers with c does not overflow.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes ExponentialMinus1<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes held = TLanes.Min(TLanes.Broadcast(25f), TLanes.Max(TLanes.Broadcast(-25f), x));
        LaneMath.Exponential(held, out TLanes scale, out TLanes excess);
        return TLanes.FusedMultiplyAdd(scale, excess, scale - TLanes.Broadcast(1f));
    }
}
