using System.Text.Json;
using MLNet.ZerothOrder.Cli;

namespace MLNet.ZerothOrder.Tests;

public sealed class TrainTests : IDisposable
{
    private const int Horizon = 6;
    private const int Directions = 3;
    private const int MetaDirections = 4;
    private const int Validation = 2;

    private readonly TinyTask _task = new();

    /// <summary>What is learned, the line of progress at which it is interrupted, and the stage and problem at which that is.</summary>
    public static TheoryData<string[], string, int> Interruptions => new()
    {
        { [], "update", 2 },
        { [], "update", 6 },
        { [], "query", 2 },
        { ["--stage", "update"], "update", 4 },
        { ["--architecture", "gated", "--shortest-horizon", "3"], "update", 4 },
        { ["--architecture", "gated", "--around-sgd", "2"], "query", 2 },
        { ["--architecture", "proximal"], "proximal", 4 },
    };

    private string Whole => _task.At("whole.onnx");

    private string Cut => _task.At("cut.onnx");

    private string Checkpoint => Cut + ".checkpoint";

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("paper", "QueryRNN   LSTM")]
    [InlineData("gated", "over the gradient estimate, its size, θ and the time")]
    [InlineData("proximal", "of 3 hidden units over 16 features")]
    public void AttackAndInspectTakeWhatTrainWrites(string architecture, string says)
    {
        Outcome outcome = Train(Whole, "--architecture", architecture).Done();
        LearnedModel model = OptimizerFile.Read(Whole);

        Assert.Equal((3, Directions, 0.001f, 1L), (model.Hidden, model.Directions, model.Smoothing, model.Seed));
        Assert.StartsWith($"attacks on m.onnx ({OnnxSha()}), 6 training images of images.npy and 2 for validation, l1, c = 0.1; 6 problems of 6 steps, directions:4", model.TrainedOn, StringComparison.Ordinal);
        Assert.False(File.Exists(Whole + ".checkpoint"));
        Assert.Contains("◂ best", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith($"Optimizer: {Whole} (SHA-256 {OptimizerFile.Describe(Whole).Sha256}){Environment.NewLine}", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"{(architecture == "proximal" ? "proximal 6/6" : "query 4/4")}: training ", outcome.Error, StringComparison.Ordinal);

        Outcome inspected = Zo.Run("inspect", Whole).Done();
        Assert.Contains(says, inspected.Output, StringComparison.Ordinal);
        JsonElement attack = Zo.Run(_task.Args("attack", "--json", "--optimizer", Whole, "--iterations", "5", "--count", "3")).Done().Document;
        Assert.Equal("learned", attack.Run().GetProperty("settings").Text("kind"));
        Assert.All(attack.Problems(), problem => Assert.Equal((Directions + 1) * 5 + 1, problem.GetProperty("queries").GetInt64()));
        Assert.Contains(attack.Problems(), problem => problem.Number("finalLoss") != problem.Number("initialLoss"));
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytesAndAnotherSeedOthers()
    {
        Outcome quiet = Train(Whole, "--quiet").Done();
        Train(Cut).Done();
        byte[] first = File.ReadAllBytes(Whole);

        Assert.Equal("", quiet.Error);
        Assert.Equal(first, File.ReadAllBytes(Cut));
        Train(Cut, "--seed", "2").Done();
        Assert.NotEqual(first, File.ReadAllBytes(Cut));
    }

    [Fact]
    public void TheDocumentCountsEveryQueryAndNoGradient()
    {
        JsonElement document = Train(Whole, "--json", "--quiet").Done().Document;
        JsonElement[] points = [.. document.GetProperty("points").EnumerateArray()];

        // Stages of 6 and of 4 problems, validated before and after every 2.
        Assert.Equal([("update", 0), ("update", 2), ("update", 4), ("update", 6), ("query", 0), ("query", 2), ("query", 4)], points.Select(p => (p.Text("stage"), (int)p.Number("done"))));
        Assert.Equal((6 + 4) * ((Horizon * (Directions + 1 + MetaDirections)) + 1), document.Number("queries"));
        Assert.Equal((4 + 3) * Validation * ((Horizon * (Directions + 1)) + 1), document.Number("validationQueries"));
        Assert.Equal(0, document.Number("suppliedGradients"));
        Assert.Equal(points.Where(p => p.Text("stage") == "query").Min(p => p.Number("validationLoss")), document.Number("validationLoss"));
        Assert.Equal(document.Number("validationLoss"), OptimizerFile.Read(Whole).ValidationLoss);
        Assert.Equal((Whole, OptimizerFile.Describe(Whole).Sha256), (document.Text("file"), document.Text("sha256")));
        Assert.Equal("directions:4", document.GetProperty("options").Text("meta-gradient"));
    }

    [Theory]
    [MemberData(nameof(Interruptions))]
    public void AnInterruptedTrainingGoesOnToTheSameBytes(string[] options, string stage, int done)
    {
        JsonElement whole = Train(Whole, ["--json", "--quiet", .. options]).Done().Document;
        Outcome interrupted = Interrupt($"{stage} {done}/", options);

        Assert.Equal((3, ""), (interrupted.Code, interrupted.Output));
        Assert.EndsWith($"zo: Interrupted; the best optimizer so far is in {Cut}; resume with --resume.{Environment.NewLine}", interrupted.Error, StringComparison.Ordinal);
        double best = whole.GetProperty("points").EnumerateArray().Where(p => p.Text("stage") == stage && p.Number("done") <= done).Min(p => p.Number("validationLoss"));
        Assert.Equal(best, OptimizerFile.Read(Cut).ValidationLoss);
        Assert.True(File.Exists(Checkpoint));

        JsonElement resumed = Train(Cut, ["--json", "--resume", .. options]).Done().Document;
        Assert.Equal(File.ReadAllBytes(Whole), File.ReadAllBytes(Cut));
        Assert.False(File.Exists(Checkpoint));
        Assert.Equal((whole.Number("queries"), whole.Number("validationQueries")), (resumed.Number("queries"), resumed.Number("validationQueries")));
        Assert.Equal(whole.GetProperty("points").GetRawText(), resumed.GetProperty("points").GetRawText());
    }

    [Fact]
    public void AnInterruptionBeforeTheFirstCheckpointLeavesTheFirstWeightsAndNothingToGoOnFrom()
    {
        Outcome interrupted = Interrupt("update 0/");

        Assert.Equal(3, interrupted.Code);
        Assert.EndsWith($"zo: Interrupted; the best optimizer so far is in {Cut}.{Environment.NewLine}", interrupted.Error, StringComparison.Ordinal);
        Assert.Null(OptimizerFile.Read(Cut).Query);
        Assert.False(File.Exists(Checkpoint));
    }

    [Fact]
    public void AnInterruptionBeforeTheFirstQueryLeavesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(Args(Cut), cancellation.Token);

        Assert.Equal((3, "", $"zo: Interrupted.{Environment.NewLine}"), (outcome.Code, outcome.Output, outcome.Error));
        Assert.False(File.Exists(Cut));
    }

    [SkippableTheory]
    [InlineData("paper")]
    [InlineData("proximal")]
    public void TorchSharpLearnsNearlyTheSameOptimizer(string architecture)
    {
        JsonElement torchSharp = TorchSharp("--json", "--architecture", architecture).Document;
        JsonElement managed = Train(Whole, "--json", "--quiet", "--architecture", architecture).Done().Document;

        Assert.Equal(("torchsharp", "managed"), (torchSharp.Text("backend"), managed.Text("backend")));
        Assert.Equal((managed.Number("queries"), 0.0), (torchSharp.Number("queries"), torchSharp.Number("suppliedGradients")));
        Assert.Equal(managed.Number("validationLoss"), torchSharp.Number("validationLoss"), 0.01 * managed.Number("validationLoss"));
        Assert.NotEqual(managed.Text("sha256"), torchSharp.Text("sha256"));
    }

    [SkippableFact]
    public void AnInterruptedTrainingGoesOnWithTorchSharpToTheSameBytesAndWithTheOtherBackendNearby()
    {
        TorchSharp();
        byte[] whole = File.ReadAllBytes(Cut);
        Interrupt("update 2/", "--backend", "torchsharp");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint);
        Train(Cut, "--resume", "--backend", "torchsharp").Done();
        Assert.Equal(whole, File.ReadAllBytes(Cut));
        double loss = OptimizerFile.Read(Cut).ValidationLoss;

        File.WriteAllBytes(Checkpoint, checkpoint);
        Train(Cut, "--resume").Done();
        Assert.Equal(loss, OptimizerFile.Read(Cut).ValidationLoss, 0.01 * loss);
    }

    [Theory]
    [InlineData("", "ZO_TORCHSHARP is not set")]
    [InlineData("nowhere", "there is no ")]
    public async Task A_TorchSharp_backend_that_is_not_there_is_refused_in_one_sentence_that_says_how_to_add_it(string folder, string reason)
    {
        Outcome outcome = await Zo.Start(_task.At("."), "env", [$"ZO_TORCHSHARP={folder}", "dotnet", typeof(Application).Assembly.Location, .. Args(Cut, "--backend", "torchsharp")]).Outcome();

        Assert.Equal((2, ""), (outcome.Code, outcome.Output));
        Assert.StartsWith("zo: --backend torchsharp does not work here: the TorchSharp backend is not installed", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("publish a project that references the package MLNet.ZerothOrder.TorchSharp and set ZO_TORCHSHARP to the output folder", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.Trim().Split('\n'));
        Assert.False(File.Exists(Cut));
    }

    [Theory]
    [InlineData("--seed", "2", "seed = 1, not 2")]
    [InlineData("--horizon", "7", "horizon = 6, not 7")]
    [InlineData("--stage", "update", "stage = Both, not Update")]
    [InlineData("--hidden", "4", "hidden = 3, not 4")]
    [InlineData("--distortion-weight", "0.2", "distortion-weight = 0.1, not 0.2")]
    [InlineData("--norm", "l2", "norm = l1, not l2")]
    [InlineData("--scores", "log-probabilities", "scores = Logits, not LogProbabilities")]
    [InlineData("--count", "9", "images = ")]
    [InlineData("--validation", "3", "validation = 2, not 3")]
    [InlineData("--objective", "mean", "objective = Linear, not Mean")]
    [InlineData("--learning-rate", "0.1", "learning-rate = 0.004, not 0.1")]
    public void ResumingWithAnotherOptionNamesIt(string option, string value, string says)
    {
        Interrupt("update 2/");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint), best = File.ReadAllBytes(Cut);

        Refused(says, "--resume", option, value);
        Assert.Equal(checkpoint, File.ReadAllBytes(Checkpoint));
        Assert.Equal(best, File.ReadAllBytes(Cut));
    }

    [Fact]
    public void ACheckpointIsNeverReplacedByATrainingThatBeginsAnew()
    {
        Interrupt("update 2/");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint);

        Refused("resume it, or delete the file");
        Assert.Equal(checkpoint, File.ReadAllBytes(Checkpoint));
    }

    [Fact]
    public void TheOptimizerOfInitIsNeverReplaced()
    {
        Train(Cut, "--stage", "update").Done();
        byte[] before = File.ReadAllBytes(Cut);

        Refused("would replace the optimizer of --init", "--init", Cut);
        Assert.Equal(before, File.ReadAllBytes(Cut));
    }

    [Fact]
    public void ADamagedCheckpointIsRefused()
    {
        Interrupt("update 2/");
        byte[] whole = File.ReadAllBytes(Checkpoint);

        File.WriteAllBytes(Checkpoint, whole[..(whole.Length / 2)]);
        Refused("its length differs from its header", "--resume");

        whole[^20] ^= 1;
        File.WriteAllBytes(Checkpoint, whole);
        Refused("does not match its checksum", "--resume");
    }

    [Fact]
    public void QueryRnnIsLearnedBehindTheUpdateRnnOfInit()
    {
        Train(Whole, "--stage", "update").Done();
        Train(Cut, "--stage", "query", "--init", Whole).Done();

        Assert.Null(OptimizerFile.Read(Whole).Query);
        Assert.NotNull(OptimizerFile.Read(Cut).Query);
        Assert.Equal(OptimizerFile.Read(Whole).Update.Values.ToArray(), OptimizerFile.Read(Cut).Update.Values.ToArray());
    }

    [Fact]
    public void InitTunesAnOptimizerFurther()
    {
        JsonElement first = Train(Whole, "--architecture", "proximal", "--json").Done().Document;
        JsonElement further = Train(Cut, "--architecture", "proximal", "--init", Whole, "--json").Done().Document;

        Assert.Equal(first.Number("validationLoss"), further.GetProperty("points")[0].Number("validationLoss"));
    }

    [Fact]
    public void TheBinaryTaskNeedsNeitherModelNorImages()
    {
        string[] args =
        [
            "train", "--task", "binary", "--out", Whole, "--hidden", "2", "--directions", "3", "--horizon", "3", "--truncation", "3", "--meta-gradient", "directions:2",
            "--problems", "2", "--query-problems", "2", "--side-by-side", "2", "--json", "--quiet",
        ];
        JsonElement document = Zo.Run(args).Done().Document;
        LearnedModel model = OptimizerFile.Read(Whole);

        Assert.Equal((2 + 2) * ((3 * (3 + 1 + 2)) + 1), document.Number("queries"));
        Assert.Equal(0, document.Number("suppliedGradients"));
        Assert.StartsWith("binary classification, 90 data sets, d = 100, b = 64; 2 problems of 3 steps", model.TrainedOn, StringComparison.Ordinal);
        Assert.Equal((0.001f, true), (model.Smoothing, model.Query is not null));
    }

    private static string[] Pairs(string[] defaults, string[] more) =>
        [.. defaults.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more];

    private string OnnxSha()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(_task.Model);
        return oracle.Info.Sha256[..12];
    }

    private Outcome Train(string path, params string[] more) => Zo.Run(Args(path, more));

    private Outcome TorchSharp(params string[] more)
    {
        Outcome outcome = Train(Cut, [.. more, "--backend", "torchsharp", "--quiet"]);
        Skip.If(outcome.Code == 2 && outcome.Error.StartsWith("zo: --backend torchsharp ", StringComparison.Ordinal), $"{outcome.Error.Trim()} (eng/test-tools.sh helps.)");
        return outcome.Done();
    }

    private void Refused(string says, params string[] more)
    {
        Outcome outcome = Train(Cut, [.. more, "--quiet"]);

        Assert.Equal((2, ""), (outcome.Code, outcome.Output));
        Assert.Matches(@"\Azo: [^\n]+\.\r?\n\z", outcome.Error);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Trains into <see cref="Cut"/>, and interrupts as soon as a line of progress begins so.</summary>
    private Outcome Interrupt(string line, params string[] more)
    {
        using var cancellation = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new InterruptingWriter(line, cancellation);
        int code = Application.Run(new Session(Args(Cut, more), new Terminal(output, error), cancellation.Token));
        Assert.True(cancellation.IsCancellationRequested, error.ToString());
        return new Outcome(code, output.ToString(), error.ToString());
    }

    private string[] Args(string path, params string[] more) =>
    [
        "train", "--out", path, .. Pairs(
            [
                "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--count", "8", "--validation", $"{Validation}", "--pixels", "0..1",
                "--hidden", "3", "--directions", $"{Directions}", "--horizon", $"{Horizon}", "--truncation", "3", "--meta-gradient", $"directions:{MetaDirections}",
                "--side-by-side", "2", "--epoch", "2", "--smoothing", "0.001",

                // What a stage does not heed is refused.
                .. more.Contains("query") ? [] : new[] { "--problems", "6" },
                .. more.Contains("update") || more.Contains("proximal") ? [] : new[] { "--query-problems", "4" },
            ],
            more),
    ];

    private sealed class InterruptingWriter(string line, CancellationTokenSource cancellation) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(line, StringComparison.Ordinal) == true)
            {
                cancellation.Cancel();
            }
        }
    }
}
