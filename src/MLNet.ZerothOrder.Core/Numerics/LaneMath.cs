using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Elementary functions on registers of floats, accurate to a few units in the last place. The polynomials are minimax fits of
/// the relative error over the reduced range, computed for this project.
/// </summary>
internal static class LaneMath
{
    private const uint SignBit = 0x80000000;
    private const float Ln2 = 0.693147182f;

    // ln 2 minus its float value.
    private const float Ln2Rest = -1.90465421e-9f;

    /// <summary>tanh x: odd, relative error below 3e-7, within [−1, 1]. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Tanh<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        // For |x| ≥ 10 the quotient rounds to 1.
        TLanes sign = x & TLanes.BroadcastBits(SignBit);
        TLanes magnitude = TLanes.Min(TLanes.Broadcast(10f), x ^ sign);
        Exponential(magnitude + magnitude, out TLanes scale, out TLanes excess);

        // Computing e²ˣ − 1 without cancellation keeps tanh accurate near 0.
        TLanes exponentialMinus1 = TLanes.FusedMultiplyAdd(scale, excess, scale - TLanes.Broadcast(1f));
        return (exponentialMinus1 / (exponentialMinus1 + TLanes.Broadcast(2f))) ^ sign;
    }

    /// <summary>
    /// 1 / (1 + e⁻ˣ), in (0, 1]: relative error below 3e-7 for x ≥ −87; constant 1.6e-38 below. NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Sigmoid<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes minus = TLanes.Max(TLanes.Broadcast(-87f), x ^ TLanes.BroadcastBits(SignBit));
        Exponential(TLanes.Min(TLanes.Broadcast(87f), minus), out TLanes scale, out TLanes excess);
        TLanes exponential = TLanes.FusedMultiplyAdd(scale, excess, scale);
        return TLanes.Broadcast(1f) / (exponential + TLanes.Broadcast(1f));
    }

    /// <summary>
    /// <paramref name="factor"/> · ln(x · 2^−<paramref name="binades"/>) of a positive normal x; relative error below 3e-7, also
    /// where the logarithm is near 0.
    /// </summary>
    /// <param name="x">Positive and normal. The result is undefined otherwise.</param>
    /// <param name="factor">A power of two, or −1, so that scaling the coefficients is exact.</param>
    /// <param name="binades">0 to 64.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Log<TLanes>(TLanes x, float factor = 1, int binades = 0)
        where TLanes : struct, ILanes<TLanes>
    {
        // x = 2ⁿ m with m in [√½, √2). n keeps its position in the bits, so it is scaled by 2²³.
        const uint halfRoot = 0x3F3504F3;
        TLanes bits = TLanes.SubtractBits(x, TLanes.BroadcastBits(halfRoot + ((uint)binades << 23)));
        TLanes n = TLanes.ConvertBits(bits & TLanes.BroadcastBits(0xFF800000));
        TLanes m = TLanes.AddBits(bits & TLanes.BroadcastBits(0x007FFFFF), TLanes.BroadcastBits(halfRoot));

        // With f = factor (m − 1), which is exact: factor · ln m = f + f² P(f). P is evaluated in pairs, because a Horner chain of
        // eight terms would dominate the latency.
        float c = 1 / factor;
        TLanes f = TLanes.FusedMultiplyAdd(m, TLanes.Broadcast(factor), TLanes.Broadcast(-factor));
        TLanes f2 = f * f;
        TLanes p01 = Linear(f, c * c * 0.333339512f, c * -0.499999911f);
        TLanes p23 = Linear(f, c * c * c * c * 0.199620724f, c * c * c * -0.250017554f);
        TLanes p45 = Linear(f, c * c * c * c * c * c * 0.149179712f, c * c * c * c * c * -0.165705085f);
        TLanes p67 = Linear(f, c * c * c * c * c * c * c * c * 0.0873484090f, c * c * c * c * c * c * c * -0.143075138f);
        TLanes p03 = TLanes.FusedMultiplyAdd(p23, f2, p01);
        TLanes p47 = TLanes.FusedMultiplyAdd(p67, f2, p45);
        TLanes p = TLanes.FusedMultiplyAdd(p47, f2 * f2, p03);
        return TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(factor * Ln2 / (1 << 23)), TLanes.FusedMultiplyAdd(f2, p, f));
    }

    /// <summary>
    /// Sine and cosine of an angle in units of 90°, within [−½, ½]; relative error below 3e-7 each.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SineCosine<TLanes>(TLanes rightAngles, out TLanes sine, out TLanes cosine)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes z = rightAngles * rightAngles;

        TLanes s = Linear(z, -0.00460165786f, 0.0796800330f);
        s = TLanes.FusedMultiplyAdd(s, z, TLanes.Broadcast(-0.645963490f));
        s = TLanes.FusedMultiplyAdd(s, z, TLanes.Broadcast(1.57079637f));
        sine = s * rightAngles;

        TLanes c = Linear(z, -0.0204172842f, 0.253603220f);
        c = TLanes.FusedMultiplyAdd(c, z, TLanes.Broadcast(-1.23369765f));
        cosine = TLanes.FusedMultiplyAdd(c, z, TLanes.Broadcast(1f));
    }

    /// <summary>eˣ as <c>scale · (1 + excess)</c>, where scale is a power of two, for |x| ≤ 87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exponential<TLanes>(TLanes x, out TLanes scale, out TLanes excess)
        where TLanes : struct, ILanes<TLanes>
    {
        // Adding 1.5·2²³ rounds to an integer and puts it into the low bits of the sum.
        TLanes shift = TLanes.Broadcast(12582912f);
        TLanes shifted = TLanes.FusedMultiplyAdd(x, TLanes.Broadcast(1.44269502f), shift);
        TLanes n = shifted - shift;
        scale = TLanes.AddBits(shifted << 23, TLanes.BroadcastBits(0x3F800000));

        TLanes f = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(-Ln2), x);
        f = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(-Ln2Rest), f);

        TLanes p = Linear(f, 0.00139464962f, 0.00836661085f);
        p = TLanes.FusedMultiplyAdd(p, f, TLanes.Broadcast(0.0416662805f));
        p = TLanes.FusedMultiplyAdd(p, f, TLanes.Broadcast(0.166665435f));
        p = TLanes.FusedMultiplyAdd(p, f, TLanes.Broadcast(0.5f));
        excess = TLanes.FusedMultiplyAdd(p, f * f, f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Linear<TLanes>(TLanes x, float slope, float constant)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.FusedMultiplyAdd(TLanes.Broadcast(slope), x, TLanes.Broadcast(constant));
}
