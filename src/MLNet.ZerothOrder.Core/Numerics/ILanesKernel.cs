namespace MLNet.ZerothOrder.Numerics;

/// <summary>A loop over data that can run on registers of any width and gives the same bits on each.</summary>
internal interface ILanesKernel
{
    void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>;
}
