using System.Reflection;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Compiled into every tests project: dependencies point one way, and each project's are on this list.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "MLNet.ZerothOrder";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [$"{Root}.Core"] = ["Polly.Core"],
        [$"{Root}.Images"] = [$"{Root}.Core"],
        [$"{Root}.Onnx"] = [$"{Root}.Core", "Microsoft.ML.OnnxRuntime", "Google.Protobuf"],
        [$"{Root}.Attacks"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx"],
        [$"{Root}.Training"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks"],
        [$"{Root}.TorchSharp"] = [$"{Root}.Core", $"{Root}.Onnx", $"{Root}.Training", "TorchSharp"],
        [Root] =
        [
            $"{Root}.Core", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Training",
            "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.DataView", "Microsoft.ML.Transforms",
        ],
        [$"{Root}.AutoML"] =
        [
            $"{Root}.Core", $"{Root}.Onnx",
            "Microsoft.ML.AutoML", "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.SearchSpace",
        ],
        [$"{Root}.Reports"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Attacks", $"{Root}.Training"],
        [$"{Root}.Lab"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Training", $"{Root}.Reports"],
        [$"{Root}.Cli"] =
        [
            $"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Training", $"{Root}.Reports", $"{Root}.Lab",
            "System.CommandLine",
        ],
    };

    [Fact]
    public void ReferencesOnlyWhatItsPlaceInTheArchitectureAllows()
    {
        string project = typeof(ArchitectureTests).Assembly.GetName().Name!.Replace(".Tests", "");
        // The command line's assembly is named after its command.
        Assembly assembly = Assembly.Load(project == $"{Root}.Cli" ? "zo" : project);

        IEnumerable<string> references = assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => !IsPartOfDotNet(name));

        Assert.Empty(references.Except(Allowed[project]));
    }

    // These come as packages, but are .NET's own.
    private static bool IsPartOfDotNet(string name) =>
        name is "System.Numerics.Tensors" or "System.IO.Hashing" || File.Exists(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name + ".dll"));
}
