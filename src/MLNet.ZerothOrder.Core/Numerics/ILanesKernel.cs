namespace MLNet.ZerothOrder.Numerics;

/// <summary>A loop over data that can run on registers of any width and gives the same bits on each.</summary>
/// <remarks>
/// The loop is marked for optimisation at its first call: until the runtime would get round to it, each operation on lanes
/// would be a call.
/// </remarks>
internal interface ILanesKernel
{
    void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>;
}
