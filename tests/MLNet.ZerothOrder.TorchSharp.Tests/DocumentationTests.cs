using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Engine;
using MLNet.ZerothOrder.Training;
using Shouldly;
using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The code of docs/torchsharp.md is the code below, and runs.</summary>
public sealed class DocumentationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public DocumentationTests() => NeedsLibtorch.OrSkip();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Every_example_of_the_page_is_one_of_these()
    {
        string own = Path();
        string page = File.ReadAllText(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(own)!, "..", "..", "docs", "torchsharp.md"));
        string[] examples = [.. page.Split("```csharp\n")[1..].Select(part => part.Split("```")[0].Trim())];
        string[] code = [.. File.ReadAllText(own).Split("        // docs\n")[1..].Select(part => string.Join('\n', part.Split("        // end of docs")[0].Split('\n').Select(line => line.Length > 8 ? line[8..] : "")).Trim())];

        code.ShouldBe(examples);
    }

    [SkippableFact]
    public void The_packages_example_is_the_pages()
    {
        string root = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path())!, "..", "..");
        string example = File.ReadAllText(System.IO.Path.Combine(root, "src", "MLNet.ZerothOrder.TorchSharp", "README.md")).Split("```csharp\n")[1].Split("```")[0];
        File.ReadAllText(System.IO.Path.Combine(root, "docs", "torchsharp.md")).ShouldContain(example);
    }

    [SkippableFact]
    public void The_training_writes_an_optimizer()
    {
        string path = _folder.File("o.onnx");
        using WatchedOracle oracle = TinyTraining.Oracle();
        TrainingProblem[] problems = TinyTraining.Problems(0, 10);
        TrainerOptions options = TinyTraining.Options with { Problems = 2, Epoch = 2 };

        // docs
        var training = new OptimizerTraining(
            oracle, problems[..^5], problems[^5..], TrainingStage.Proximal, hidden: 12, directions: 20, options, options, backend: new TorchSharpBackend());
        LearnedModel model = training.Run();
        OptimizerFile.Write(path, model);

        // end of docs
        OptimizerFile.Read(path).Kind.ShouldBe(LearnedKind.Proximal);
    }

    [SkippableFact]
    public void The_LSTM_becomes_an_optimizer()
    {
        string path = _folder.File("o.onnx");

        // docs
        using LSTM lstm = LSTM(1, 10);
        using Linear output = Linear(10, 1);
        // … train them …
        var model = new LearnedModel(OnnxExport.ReadRnn(lstm, output)) { Directions = 20, Smoothing = 1e-4f };
        OptimizerFile.Write(path, model);
        IZerothOrderOptimizer optimizer = OptimizerFile.Load(path);

        // end of docs
        (optimizer.Directions, optimizer.Smoothing).ShouldBe((20, 1e-4f));
        OptimizerFile.Read(path).Update.Values.ToArray().ShouldBe(model.Update.Values.ToArray());
    }

    [SkippableFact]
    public void The_classifier_becomes_a_target()
    {
        string path = _folder.File("c.onnx");

        // docs
        using Sequential classifier = Sequential(Conv2d(1, 8, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(8 * 13 * 13, 10));
        // … train it …
        OnnxExport.WriteClassifier(classifier, new ImageShape(1, 28, 28), path);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);

        // end of docs
        oracle.ScoreRows(1, (_, input) => input.Fill(0.5f)).Length.ShouldBe(10);
    }

    private static string Path([CallerFilePath] string path = "") => path;
}
