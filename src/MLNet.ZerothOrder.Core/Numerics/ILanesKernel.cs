namespace MLNet.ZerothOrder.Numerics;

/// <summary>A loop over data that runs on registers of any width and gives the same bits on each.</summary>
/// <remarks>
/// Implementations mark the loop for aggressive optimization. Without it, the runtime would first run an unoptimized version in
/// which each operation on lanes is a call.
/// </remarks>
internal interface ILanesKernel
{
    void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>;
}
