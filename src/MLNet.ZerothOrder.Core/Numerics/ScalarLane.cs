using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// One lane without vector instructions: the reference for the other widths, and the implementation for spans shorter than a register.
/// </summary>
internal readonly struct ScalarLane(float lane) : ILanes<ScalarLane>
{
    private readonly float _lane = lane;

    public static int Count => 1;

    public static ScalarLane Ramp => FromBits(0);

    private int Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BitConverter.SingleToInt32Bits(_lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarLane FromBits(int bits) => new(BitConverter.Int32BitsToSingle(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane Load(ref readonly float source, nuint index) => new(Unsafe.Add(ref Unsafe.AsRef(in source), index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float destination, nuint index) => Unsafe.Add(ref destination, index) = _lane;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane BroadcastBits(uint value) => FromBits((int)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator +(ScalarLane left, ScalarLane right) => new(left._lane + right._lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator -(ScalarLane left, ScalarLane right) => new(left._lane - right._lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator *(ScalarLane left, ScalarLane right) => new(left._lane * right._lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator /(ScalarLane left, ScalarLane right) => new(left._lane / right._lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane FusedMultiplyAdd(ScalarLane left, ScalarLane right, ScalarLane addend) =>
        new(MathF.FusedMultiplyAdd(left._lane, right._lane, addend._lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane SquareRoot(ScalarLane value) => new(MathF.Sqrt(value._lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane Min(ScalarLane left, ScalarLane right) => left._lane < right._lane ? left : right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane Max(ScalarLane left, ScalarLane right) => left._lane > right._lane ? left : right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator &(ScalarLane left, ScalarLane right) => FromBits(left.Bits & right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator |(ScalarLane left, ScalarLane right) => FromBits(left.Bits | right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator ^(ScalarLane left, ScalarLane right) => FromBits(left.Bits ^ right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator <<(ScalarLane value, int count) => FromBits(value.Bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator >>(ScalarLane value, int count) => FromBits(value.Bits >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane operator >>>(ScalarLane value, int count) => FromBits(value.Bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane AddBits(ScalarLane left, ScalarLane right) => FromBits(unchecked(left.Bits + right.Bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane SubtractBits(ScalarLane left, ScalarLane right) => FromBits(unchecked(left.Bits - right.Bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane MultiplyBits(ScalarLane left, ScalarLane right) => FromBits(unchecked(left.Bits * right.Bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane ConvertBits(ScalarLane value) => new((float)value.Bits);
}
