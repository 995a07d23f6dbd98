using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>zo in a folder without ONNX Runtime's native library.</summary>
public sealed class NativeLibraryTests : IDisposable
{
    private const string Packages = "Microsoft.ML.OnnxRuntime (CPU), Microsoft.ML.OnnxRuntime.Gpu.Linux or Microsoft.ML.OnnxRuntime.Gpu.Windows (CPU and CUDA)";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_without_the_native_library_is_told_in_one_sentence_which_packages_bring_it()
    {
        Outcome outcome = await Inspect();

        outcome.Code.ShouldBe(2);
        outcome.Error.ShouldStartWith("zo: ONNX Runtime's native library cannot be loaded on this ");
        outcome.Error.ShouldEndWith($"add one of its packages to the program: {Packages}.{Environment.NewLine}");
        outcome.Error.Split('\n').Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_native_library_that_is_no_library_is_named()
    {
        File.WriteAllText(_folder.File("libonnxruntime.so"), "no library");
        File.WriteAllText(_folder.File("onnxruntime.dll"), "no library");

        Outcome outcome = await Inspect();

        outcome.Code.ShouldBe(2);
        outcome.Error.ShouldContain("onnxruntime");
        outcome.Error.ShouldNotContain("No such file");
        outcome.Error.ShouldContain(Packages);
    }

    // zo with all its assemblies, but without the manifest that leads to the native libraries.
    private Task<Outcome> Inspect()
    {
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll"))
        {
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(AppContext.BaseDirectory, "zo.runtimeconfig.json"), _folder.File("zo.runtimeconfig.json"));
        return Zo.Start(_folder.File("."), "dotnet", ["zo.dll", "inspect", Zo.LeNet]).Outcome();
    }
}
