using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>Runs kernels on the widest registers that this machine has.</summary>
internal static class WidestLanes
{
    public static void Run<TKernel>(TKernel kernel)
        where TKernel : struct, ILanesKernel, allows ref struct
    {
        // Vector512.IsHardwareAccelerated says no on processors that lower their clock for 512 bits. They lower it for 256-bit
        // multiplications just as much, and the wider registers were a third faster there.
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
