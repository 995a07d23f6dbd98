using System.Runtime.InteropServices;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed partial class SilenceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Onnx_runtime_writes_nothing_to_the_terminal()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "File descriptors are redirected here as Linux does it.");
        string log = _folder.File("stderr.txt");
        int saved = Dup(2);
        try
        {
            using (var file = File.OpenHandle(log, FileMode.Create, FileAccess.Write))
            {
                Dup2((int)file.DangerousGetHandle(), 2).ShouldBe(2);
                ProvokeEveryKindOfMessage();
            }
        }
        finally
        {
            Dup2(saved, 2);
            Close(saved);
        }

        File.ReadAllText(log).ShouldBe("");
    }

    private void ProvokeEveryKindOfMessage()
    {
        // A warning at load (a constant that nothing reads), an error at load, an error at run.
        string path = new TinyClassifier().Writer().Constant("unused", [4], 1, 2, 3, 4).Save(_folder.File("warns.onnx"));
        OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = OnnxDevice.Auto }).Dispose();
        path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4).Node("Frobnicate", ["x"], ["y"]).Output("y", OnnxWriter.Float32, "N", 4).Save(_folder.File("a.onnx"));
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path));
        path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4).Integers("s", -1, 7).Node("Reshape", ["x", "s"], ["y"])
            .Output("y", OnnxWriter.Float32, "N", 7).Save(_folder.File("b.onnx"));
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path));
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Dup(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Dup2(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
