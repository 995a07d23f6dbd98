namespace MLNet.ZerothOrder.Numerics;

/// <summary>An element-by-element function of up to three spans.</summary>
internal interface IMap
{
    /// <summary>The number of inputs that <see cref="Apply"/> reads, counted from the left. The other inputs are not loaded.</summary>
    static abstract int Inputs { get; }

    /// <param name="parameter">The parameter of the call, repeated in every lane.</param>
    /// <param name="x">The first input.</param>
    /// <param name="y">The second input.</param>
    /// <param name="z">The third input.</param>
    static abstract TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes>;
}
