using MLNet.ZerothOrder.Training;

// How many tensors live in the process is counted.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MLNet.ZerothOrder.Tests;

/// <summary>Skips tests on systems where TorchSharp's native library does not load.</summary>
internal static class NeedsLibtorch
{
    private static readonly Lazy<string?> Why = new(() =>
    {
        try
        {
            Libtorch.Load();
            return null;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    });

    public static void OrSkip() => Skip.If(Why.Value is not null, $"{Why.Value} (./test.sh helps where there is g++.)");
}
