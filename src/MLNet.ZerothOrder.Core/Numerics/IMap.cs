namespace MLNet.ZerothOrder.Numerics;

/// <summary>What to do with the elements of up to three spans at one place.</summary>
internal interface IMap
{
    /// <summary>How many of the inputs <see cref="Apply"/> looks at, from the left; the others are not loaded.</summary>
    static abstract int Inputs { get; }

    /// <param name="parameter">The same number for all elements, in every lane.</param>
    /// <param name="x">The first input.</param>
    /// <param name="y">The second input.</param>
    /// <param name="z">The third input.</param>
    static abstract TLanes Apply<TLanes>(TLanes parameter, TLanes x, TLanes y, TLanes z)
        where TLanes : struct, ILanes<TLanes>;
}
