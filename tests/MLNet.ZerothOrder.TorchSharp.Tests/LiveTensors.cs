using TorchSharp;

namespace MLNet.ZerothOrder.Tests;

/// <summary>How many tensors live in the process.</summary>
internal static class LiveTensors
{
    /// <summary>The number after what earlier tests dropped is gone, so that later it can only grow by what is left undisposed.</summary>
    public static long Settled()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return Now;
    }

    public static long Now => torch.Tensor.TotalCount;
}
