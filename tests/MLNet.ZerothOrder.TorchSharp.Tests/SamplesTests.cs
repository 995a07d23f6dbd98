using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The samples run, as programs of their own, and do what they say.</summary>
public sealed class SamplesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SamplesTests() => NeedsLibtorch.OrSkip();

    private string Model => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void TrainOptimizer_writes_an_optimizer_that_goes_down_faster_than_zo_sgd()
    {
        string[] lines = Run("TrainOptimizer", "2", "8", Model);

        // 2 problems of 8 steps, each of 20 directions, 32 for the meta-gradient and θ itself, which is asked once more in the end; validations of 5 images before and after.
        int queries = (2 * ((8 * (20 + 1 + 32)) + 1)) + (2 * 5 * ((8 * 21) + 1));
        lines.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"{queries:N0} queries, no gradient of the target; the optimizer is in {Model}"));
        lines[0].ShouldStartWith("0/2 problems: validation loss ");
        lines[1].ShouldStartWith("2/2 problems: validation loss ");
        lines[1].ShouldEndWith(", the best so far");
        LearnedModel model = OptimizerFile.Read(Model);
        (model.Kind, model.Hidden, model.Directions).ShouldBe((LearnedKind.Proximal, 12, 20));
        model.TrainedOn.ShouldBe("2 attacks of 8 steps on generated digits");
        Ratio("zo-sgd").ShouldBe(1);
        Ratio("model").ShouldBeLessThan(0.9);

        double Ratio(string optimizer) =>
            double.Parse(Regex.Match(lines.Single(line => line.StartsWith(optimizer + " ", StringComparison.Ordinal)), @"(\S+) ± \S+$").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [SkippableFact]
    public void TrainTarget_writes_a_classifier_that_scores_as_its_module_does()
    {
        string[] lines = Run("TrainTarget", "320", "4", Model);

        Match last = Regex.Match(lines[^1], @"^(.*): (\S+) % of 1000 test images right; largest difference from TorchSharp's scores (\S+)$");
        last.Groups[1].Value.ShouldBe(Model);
        double.Parse(last.Groups[2].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThan(30);
        double.Parse(last.Groups[3].Value, CultureInfo.InvariantCulture).ShouldBeInRange(0, 1e-4);
        lines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)).ShouldBe(4);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Model);
        (oracle.InputLength, oracle.ScoreLength).ShouldBe((28 * 28, 10));
    }

    // Without MNIST, wherever it may be on this machine.
    private string[] Run(string sample, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ZO_DATA"] = _folder.File("nothing");
        start.Environment["XDG_DATA_HOME"] = _folder.File("nothing");
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
