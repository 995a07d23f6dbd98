using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>The elementwise half of an LSTM: from the gates' sums to the new (h, c).</summary>
internal static class LstmCell
{
    /// <summary>
    /// c ← σ(f) c + σ(i) tanh(g); returns h = σ(o) tanh(c).
    /// The error is below 1e-6 times the larger of 1 and |c|, for |c| up to 1e5.
    /// A NaN among the sums stays one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Step<TLanes>(TLanes i, TLanes f, TLanes g, TLanes o, ref TLanes c)
        where TLanes : struct, ILanes<TLanes>
    {
        // Divisions cost more than all else here, so each sum has one, over a common denominator:
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
    /// The same step, which leaves behind what backpropagation needs: the sums give way to σ(i), σ(f), tanh(g) and σ(o).
    /// </summary>
    /// <param name="squashed">tanh of the new c.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Step<TLanes>(ref TLanes i, ref TLanes f, ref TLanes g, ref TLanes o, ref TLanes c, out TLanes squashed)
        where TLanes : struct, ILanes<TLanes>
    {
        // Again one division for each of the two sums.
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

    // eˣ − 1, without cancellation so that tanh is accurate down to zero. Held within ±25: beyond it tanh and σ are 0 or ±1 to
    // 1.4e-11, and the product of three such numbers with c still is a float.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes ExponentialMinus1<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes held = TLanes.Min(TLanes.Broadcast(25f), TLanes.Max(TLanes.Broadcast(-25f), x));
        LaneMath.Exponential(held, out TLanes scale, out TLanes excess);
        return TLanes.FusedMultiplyAdd(scale, excess, scale - TLanes.Broadcast(1f));
    }
}
