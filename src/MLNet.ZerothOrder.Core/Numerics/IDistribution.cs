namespace MLNet.ZerothOrder.Numerics;

/// <summary>How two random words become two numbers.</summary>
internal interface IDistribution
{
    /// <summary>Names the stream, so that one key gives unrelated numbers of each distribution.</summary>
    static abstract ulong Purpose { get; }

    /// <summary>Replaces two independent uniform words by two independent numbers.</summary>
    static abstract void Transform<TLanes>(ref TLanes first, ref TLanes second)
        where TLanes : struct, ILanes<TLanes>;
}
