using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using Shouldly;

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
    [InlineData("gated", "over the gradient estimate, its size, θ, the time, the length of the run and the distortion's share")]
    [InlineData("proximal", "of 3 hidden units over 16 features")]
    public void Attack_and_inspect_take_what_train_writes(string architecture, string says)
    {
        Outcome outcome = Train(Whole, "--architecture", architecture).Done();
        LearnedModel model = OptimizerFile.Read(Whole);

        (model.Hidden, model.Directions, model.Smoothing, model.Seed).ShouldBe((3, Directions, 0.001f, 1L));
        model.TrainedOn.ShouldStartWith($"attacks on m.onnx ({OnnxSha()}), 6 training images of images.npy and 2 for validation, l1, c = 0.1; 6 problems of 6 steps, directions:4", Case.Sensitive);
        File.Exists(Whole + ".checkpoint").ShouldBeFalse();
        outcome.Output.ShouldContain("◂ best", Case.Sensitive);
        outcome.Output.ShouldEndWith($"Optimizer: {Whole} (SHA-256 {OptimizerFile.Describe(Whole).Sha256}){Environment.NewLine}", Case.Sensitive);
        outcome.Error.ShouldContain($"{(architecture == "proximal" ? "proximal 6/6" : "query 4/4")}: training ", Case.Sensitive);

        Outcome inspected = Zo.Run("inspect", Whole).Done();
        inspected.Output.ShouldContain(says, Case.Sensitive);
        JsonElement attack = Zo.Run(_task.Args("attack", "--json", "--optimizer", Whole, "--iterations", "5", "--count", "3")).Done().Document;
        attack.Run().GetProperty("settings").Text("kind").ShouldBe("learned");
        foreach (var problem in attack.Problems())
        {
            problem.GetProperty("queries").GetInt64().ShouldBe((Directions + 1) * 5 + 1);
        }
        attack.Problems().Any(problem => problem.Number("finalLoss") != problem.Number("initialLoss")).ShouldBeTrue();
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        Outcome quiet = Train(Whole, "--quiet").Done();
        Train(Cut).Done();
        byte[] first = File.ReadAllBytes(Whole);

        quiet.Error.ShouldBe("");
        File.ReadAllBytes(Cut).ShouldBe(first);
        Train(Cut, "--seed", "2").Done();
        File.ReadAllBytes(Cut).ShouldNotBe(first);
    }

    [Fact]
    public void The_document_counts_every_query_and_no_gradient()
    {
        JsonElement document = Train(Whole, "--json", "--quiet").Done().Document;
        JsonElement[] points = [.. document.GetProperty("points").EnumerateArray()];

        // Stages of 6 and of 4 problems, validated before and after every 2.
        points.Select(p => (p.Text("stage"), (int)p.Number("done"))).ShouldBe([("update", 0), ("update", 2), ("update", 4), ("update", 6), ("query", 0), ("query", 2), ("query", 4)]);
        document.Number("queries").ShouldBe((6 + 4) * ((Horizon * (Directions + 1 + MetaDirections)) + 1));
        document.Number("validationQueries").ShouldBe((4 + 3) * Validation * ((Horizon * (Directions + 1)) + 1));
        document.Number("suppliedGradients").ShouldBe(0);
        document.Number("validationLoss").ShouldBe(points.Where(p => p.Text("stage") == "query").Min(p => p.Number("validationLoss")));
        OptimizerFile.Read(Whole).ValidationLoss.ShouldBe(document.Number("validationLoss"));
        (document.Text("file"), document.Text("sha256")).ShouldBe((Whole, OptimizerFile.Describe(Whole).Sha256));
        document.GetProperty("options").Text("meta-gradient").ShouldBe("directions:4");
    }

    [Theory]
    [MemberData(nameof(Interruptions))]
    public void An_interrupted_training_goes_on_to_the_same_bytes(string[] options, string stage, int done)
    {
        JsonElement whole = Train(Whole, ["--json", "--quiet", .. options]).Done().Document;
        Outcome interrupted = Interrupt($"{stage} {done}/", options);

        (interrupted.Code, interrupted.Output).ShouldBe((3, ""));
        interrupted.Error.ShouldEndWith($"zo: Interrupted; the best optimizer so far is in {Cut}; resume with --resume.{Environment.NewLine}", Case.Sensitive);
        double best = whole.GetProperty("points").EnumerateArray().Where(p => p.Text("stage") == stage && p.Number("done") <= done).Min(p => p.Number("validationLoss"));
        OptimizerFile.Read(Cut).ValidationLoss.ShouldBe(best);
        File.Exists(Checkpoint).ShouldBeTrue();

        JsonElement resumed = Train(Cut, ["--json", "--resume", .. options]).Done().Document;
        File.ReadAllBytes(Cut).ShouldBe(File.ReadAllBytes(Whole));
        File.Exists(Checkpoint).ShouldBeFalse();
        (resumed.Number("queries"), resumed.Number("validationQueries")).ShouldBe((whole.Number("queries"), whole.Number("validationQueries")));
        resumed.GetProperty("points").GetRawText().ShouldBe(whole.GetProperty("points").GetRawText());
    }

    [Fact]
    public void An_interruption_before_the_first_checkpoint_leaves_the_first_weights_and_nothing_to_go_on_from()
    {
        Outcome interrupted = Interrupt("update 0/");

        interrupted.Code.ShouldBe(3);
        interrupted.Error.ShouldEndWith($"zo: Interrupted; the best optimizer so far is in {Cut}.{Environment.NewLine}", Case.Sensitive);
        OptimizerFile.Read(Cut).Query.ShouldBeNull();
        File.Exists(Checkpoint).ShouldBeFalse();
    }

    [Fact]
    public void An_interruption_before_the_first_query_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(Args(Cut), cancellation.Token);

        (outcome.Code, outcome.Output, outcome.Error).ShouldBe((3, "", $"zo: Interrupted.{Environment.NewLine}"));
        File.Exists(Cut).ShouldBeFalse();
    }

    [SkippableTheory]
    [InlineData("paper")]
    [InlineData("proximal")]
    public void Torch_sharp_learns_nearly_the_same_optimizer(string architecture)
    {
        JsonElement torchSharp = TorchSharp("--json", "--architecture", architecture).Document;
        JsonElement managed = Train(Whole, "--json", "--quiet", "--architecture", architecture).Done().Document;

        (torchSharp.Text("backend"), managed.Text("backend")).ShouldBe(("torchsharp", "managed"));
        (torchSharp.Number("queries"), torchSharp.Number("suppliedGradients")).ShouldBe((managed.Number("queries"), 0.0));
        torchSharp.Number("validationLoss").ShouldBe(managed.Number("validationLoss"), 0.01 * managed.Number("validationLoss"));
        torchSharp.Text("sha256").ShouldNotBe(managed.Text("sha256"));
    }

    [SkippableFact]
    public void An_interrupted_training_goes_on_with_torch_sharp_to_the_same_bytes_and_with_the_other_backend_nearby()
    {
        TorchSharp();
        byte[] whole = File.ReadAllBytes(Cut);
        Interrupt("update 2/", "--backend", "torchsharp");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint);
        Train(Cut, "--resume", "--backend", "torchsharp").Done();
        File.ReadAllBytes(Cut).ShouldBe(whole);
        double loss = OptimizerFile.Read(Cut).ValidationLoss;

        File.WriteAllBytes(Checkpoint, checkpoint);
        Train(Cut, "--resume").Done();
        OptimizerFile.Read(Cut).ValidationLoss.ShouldBe(loss, 0.01 * loss);
    }

    [Theory]
    [InlineData("", "ZO_TORCHSHARP is not set")]
    [InlineData("nowhere", "there is no ")]
    public async Task A_TorchSharp_backend_that_is_not_there_is_refused_in_one_sentence_that_says_how_to_add_it(string folder, string reason)
    {
        Outcome outcome = await Zo.Start(_task.At("."), "env", [$"ZO_TORCHSHARP={folder}", "dotnet", typeof(Application).Assembly.Location, .. Args(Cut, "--backend", "torchsharp")]).Outcome();

        (outcome.Code, outcome.Output).ShouldBe((2, ""));
        outcome.Error.ShouldStartWith("zo: --backend torchsharp does not work here: the TorchSharp backend is not installed", Case.Sensitive);
        outcome.Error.ShouldContain(reason, Case.Sensitive);
        outcome.Error.ShouldContain("publish a project that references the package MLNet.ZerothOrder.TorchSharp and set ZO_TORCHSHARP to the output folder", Case.Sensitive);
        outcome.Error.Trim().Split('\n').ShouldHaveSingleItem();
        File.Exists(Cut).ShouldBeFalse();
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
    public void Resuming_with_another_option_names_it(string option, string value, string says)
    {
        Interrupt("update 2/");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint), best = File.ReadAllBytes(Cut);

        Refused(says, "--resume", option, value);
        File.ReadAllBytes(Checkpoint).ShouldBe(checkpoint);
        File.ReadAllBytes(Cut).ShouldBe(best);
    }

    [Fact]
    public void A_checkpoint_is_never_replaced_by_a_training_that_begins_anew()
    {
        Interrupt("update 2/");
        byte[] checkpoint = File.ReadAllBytes(Checkpoint);

        Refused("resume it, or delete the file");
        File.ReadAllBytes(Checkpoint).ShouldBe(checkpoint);
    }

    [Fact]
    public void The_optimizer_of_init_is_never_replaced()
    {
        Train(Cut, "--stage", "update").Done();
        byte[] before = File.ReadAllBytes(Cut);

        Refused("would replace the optimizer of --init", "--init", Cut);
        File.ReadAllBytes(Cut).ShouldBe(before);
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused()
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
    public void Query_RNN_is_learned_behind_the_update_RNN_of_init()
    {
        Train(Whole, "--stage", "update").Done();
        Train(Cut, "--stage", "query", "--init", Whole).Done();

        OptimizerFile.Read(Whole).Query.ShouldBeNull();
        OptimizerFile.Read(Cut).Query.ShouldNotBeNull();
        OptimizerFile.Read(Cut).Update.Values.ToArray().ShouldBe(OptimizerFile.Read(Whole).Update.Values.ToArray());
    }

    [Fact]
    public void Init_tunes_an_optimizer_further()
    {
        JsonElement first = Train(Whole, "--architecture", "proximal", "--json").Done().Document;
        JsonElement further = Train(Cut, "--architecture", "proximal", "--init", Whole, "--json").Done().Document;

        further.GetProperty("points")[0].Number("validationLoss").ShouldBe(first.Number("validationLoss"));
    }

    [Fact]
    public void The_binary_task_needs_neither_model_nor_images()
    {
        string[] args =
        [
            "train", "--task", "binary", "--out", Whole, "--hidden", "2", "--directions", "3", "--horizon", "3", "--truncation", "3", "--meta-gradient", "directions:2",
            "--problems", "2", "--query-problems", "2", "--side-by-side", "2", "--json", "--quiet",
        ];
        JsonElement document = Zo.Run(args).Done().Document;
        LearnedModel model = OptimizerFile.Read(Whole);

        document.Number("queries").ShouldBe((2 + 2) * ((3 * (3 + 1 + 2)) + 1));
        document.Number("suppliedGradients").ShouldBe(0);
        model.TrainedOn.ShouldStartWith("binary classification, 90 data sets, d = 100, b = 64; 2 problems of 3 steps", Case.Sensitive);
        (model.Smoothing, model.Query is not null).ShouldBe((0.001f, true));
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

        (outcome.Code, outcome.Output).ShouldBe((2, ""));
        outcome.Error.ShouldMatch(@"\Azo: [^\n]+\.\r?\n\z");
        outcome.Error.ShouldContain(says, Case.Sensitive);
    }

    /// <summary>Trains into <see cref="Cut"/>, and interrupts as soon as a line of progress begins so.</summary>
    private Outcome Interrupt(string line, params string[] more)
    {
        using var cancellation = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new InterruptingWriter(line, cancellation);
        int code = Application.Run(new Session(Args(Cut, more), new Terminal(output, error), cancellation.Token));
        cancellation.IsCancellationRequested.ShouldBeTrue(error.ToString());
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
