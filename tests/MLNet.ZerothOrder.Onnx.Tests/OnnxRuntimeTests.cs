using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder.Tests;

public sealed class OnnxRuntimeTests
{
    [Fact]
    public void NativeLibraryLoadsAndRunsOnTheCpu()
    {
        Assert.Contains("CPUExecutionProvider", OrtEnv.Instance().GetAvailableProviders());
    }
}
