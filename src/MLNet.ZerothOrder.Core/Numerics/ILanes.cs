namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// A register of 32-bit lanes. A kernel written over this interface runs on every register width and gives the same bits on each:
/// lanes are independent, and every operation is exact, correctly rounded, or defined including its NaNs.
/// </summary>
/// <remarks>
/// A lane holds a float. The operations named <c>…Bits</c>, the bitwise operators and the shifts treat the same 32 bits as an
/// integer. Write every product that is added as <see cref="FusedMultiplyAdd"/>; otherwise some widths round it twice.
/// </remarks>
internal interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>The number of lanes, a divisor of 16.</summary>
    static abstract int Count { get; }

    /// <summary>The integers 0, 1, 2, … as bits.</summary>
    static abstract TSelf Ramp { get; }

    static abstract TSelf Load(ref readonly float source, nuint index);

    void Store(ref float destination, nuint index);

    static abstract TSelf Broadcast(float value);

    static abstract TSelf BroadcastBits(uint value);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary><c>left · right + addend</c>, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf left, TSelf right, TSelf addend);

    static abstract TSelf SquareRoot(TSelf value);

    /// <summary><c>left &lt; right ? left : right</c>; a NaN on the right is kept.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary><c>left &gt; right ? left : right</c>; a NaN on the right is kept.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);

    static abstract TSelf operator |(TSelf left, TSelf right);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    static abstract TSelf operator <<(TSelf value, int count);

    /// <summary>Arithmetic shift: fills with the sign bit.</summary>
    static abstract TSelf operator >>(TSelf value, int count);

    /// <summary>Logical shift: fills with zeros.</summary>
    static abstract TSelf operator >>>(TSelf value, int count);

    /// <summary>The sum modulo 2³².</summary>
    static abstract TSelf AddBits(TSelf left, TSelf right);

    /// <summary>The difference modulo 2³².</summary>
    static abstract TSelf SubtractBits(TSelf left, TSelf right);

    /// <summary>The product modulo 2³².</summary>
    static abstract TSelf MultiplyBits(TSelf left, TSelf right);

    /// <summary>The float nearest to the bits read as a signed integer.</summary>
    static abstract TSelf ConvertBits(TSelf value);
}
