using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Compiled into every tests project: dependencies point one way, and each project's are on this list.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "MLNet.ZerothOrder";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [$"{Root}.Core"] = ["Polly.Core"],
        [$"{Root}.Images"] = [$"{Root}.Core", "Magick.NET-Q8-AnyCPU", "Magick.NET.Core", "Parquet"],
        [$"{Root}.Onnx"] = [$"{Root}.Core", "Microsoft.ML.OnnxRuntime"],
        [$"{Root}.Remote"] = [$"{Root}.Core", "Google.Protobuf", "Grpc.Core.Api", "Grpc.Net.Client", "Polly.Core"],
        [$"{Root}.Attacks"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx"],
        [$"{Root}.Training"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks"],
        [$"{Root}.TorchSharp"] = [$"{Root}.Core", $"{Root}.Onnx", $"{Root}.Training", "TorchSharp"],
        [Root] =
        [
            $"{Root}.Core", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Training",
            "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.DataView", "Microsoft.ML.ImageAnalytics", "Microsoft.ML.Transforms",
        ],
        [$"{Root}.AutoML"] =
        [
            $"{Root}.Core", $"{Root}.Onnx",
            "Microsoft.ML.AutoML", "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.SearchSpace",
        ],
        [$"{Root}.Reports"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Attacks", $"{Root}.Training", "OxyPlot"],
        [$"{Root}.Lab"] = [$"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Training", $"{Root}.Reports"],
        [$"{Root}.Cli"] =
        [
            $"{Root}.Core", $"{Root}.Images", $"{Root}.Onnx", $"{Root}.Attacks", $"{Root}.Remote", $"{Root}.Training", $"{Root}.Reports", $"{Root}.Lab",
            "Sylvan.Data.Csv", "System.CommandLine",
        ],
    };

    private static string Project { get; } = typeof(ArchitectureTests).Assembly.GetName().Name!.Replace(".Tests", "");

    [Fact]
    public void References_only_what_its_place_in_the_architecture_allows()
    {
        IEnumerable<string> references = Tested().GetReferencedAssemblies().Select(name => name.Name!).Where(name => !IsPartOfDotNet(name));

        references.Except(Allowed[Project]).ShouldBeEmpty();
    }

    [Fact]
    public void Internals_are_visible_to_tests_alone()
    {
        IEnumerable<string> friends = Tested().GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);

        foreach (var friend in friends)
        {
            friend.ShouldMatch(@"\.(Tests|Benchmarks|Fuzz)$");
        }
    }

    // The command line's assembly is named after its command.
    private static Assembly Tested() => Assembly.Load(Project == $"{Root}.Cli" ? "zo" : Project);

    // These come as packages, but are .NET's own.
    private static bool IsPartOfDotNet(string name) =>
        name is "System.Numerics.Tensors" or "System.IO.Hashing" || File.Exists(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name + ".dll"));
}
