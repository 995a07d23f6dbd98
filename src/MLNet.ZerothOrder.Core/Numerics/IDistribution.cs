namespace MLNet.ZerothOrder.Numerics;

/// <summary>Maps two random words to two numbers of a distribution.</summary>
internal interface IDistribution
{
    /// <summary>The identifier of the stream. It makes the numbers of different distributions under one key independent.</summary>
    static abstract ulong Purpose { get; }

    /// <summary>Replaces two independent uniform words with two independent numbers.</summary>
    static abstract void Transform<TLanes>(ref TLanes first, ref TLanes second)
        where TLanes : struct, ILanes<TLanes>;
}
