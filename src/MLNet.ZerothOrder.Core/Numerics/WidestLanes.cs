using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Runs kernels on the widest registers of this machine.</summary>
internal static class WidestLanes
{
    public static void Run<TKernel>(TKernel kernel)
        where TKernel : struct, ILanesKernel, allows ref struct
    {
        // Vector512.IsHardwareAccelerated is false on processors that lower their clock for 512-bit instructions. These processors
        // lower it for 256-bit multiplications just as much, and 512-bit registers were a third faster there.
        if (Avx512F.IsSupported)
        {
            kernel.Run<Lanes512>();
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            kernel.Run<Lanes256>();
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            kernel.Run<Lanes128>();
        }
        else
        {
            kernel.Run<ScalarLane>();
        }
    }
}
