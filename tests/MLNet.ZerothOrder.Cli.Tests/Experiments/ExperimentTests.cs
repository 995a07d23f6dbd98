using System.Text.Json;
using MLNet.ZerothOrder.Cli.Experiments;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Experiments;

public sealed class ExperimentTests : IDisposable
{
    private readonly TempFolder _folder = new();

    // CIFAR-10's images are not everywhere; its experiment is of the MNIST one's class. The ablation is made of the other tasks.
    public static TheoryData<string, string[]> Experiments => new()
    {
        { "mnist-attack", ["--images", "2"] },
        { "binary-classification", [] },
        { "cosine", ["--images", "1"] },
        { "trajectory", [] },
        { "dimension", ["--images", "2"] },
        { "deviation-map", ["--images", "1"] },
        { "panels", [] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Experiments))]
    public void AnExperimentWritesItsReportItsTracesAndItsClaims(string name, string[] options)
    {
        Outcome outcome = Run(name, options).Done();
        JsonElement document = JsonDocument.Parse(File.ReadAllText(Out("experiment.json"))).RootElement;

        Assert.False(document.GetProperty("partial").GetBoolean());
        Assert.NotEmpty(document.GetProperty("claims").EnumerateArray());
        Assert.All(document.GetProperty("claims").EnumerateArray(), claim => Assert.Contains(claim.Text("paper"), outcome.Output, StringComparison.Ordinal));
        Assert.True(File.ReadLines(Out("traces.csv")).Count() > 10);

        // Charts take Node, and say so where it is not there.
        Assert.True(outcome.Error.Contains("No figures were drawn", StringComparison.Ordinal) || Directory.GetFiles(Out("figures"), "*.png").Length > 0);
        string page = File.ReadAllText(Out("report.html"));
        Assert.Contains("quick", page, StringComparison.Ordinal);
        Assert.Contains($"zo experiment {name} --quick", page, StringComparison.Ordinal);
        Assert.Contains("Report: ", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void RunsAreMadeOnceAndSharedBetweenExperiments()
    {
        Run("mnist-attack", "--images", "2").Done();
        string traces = File.ReadAllText(Out("traces.csv"));
        long queries = Document().GetProperty("queries").GetInt64();
        Run("mnist-attack", "--images", "2").Done();

        Assert.Equal(4 * 2 * 4201, queries);
        Assert.Equal(traces, File.ReadAllText(Out("traces.csv")));
        Assert.Equal((0, 0, 4), (Document().GetProperty("queries").GetInt64(), Document().GetProperty("runsMade").GetInt32(), Document().GetProperty("runsFound").GetInt32()));

        // One more optimizer is one more run; another seed is another experiment.
        Run("mnist-attack", "--images", "2", "--with", "zo-prox").Done();
        Assert.Equal((1, 4), (Document().GetProperty("runsMade").GetInt32(), Document().GetProperty("runsFound").GetInt32()));
        Assert.Contains("zo-prox", File.ReadAllText(Out("report.html")), StringComparison.Ordinal);
        Run("mnist-attack", "--images", "2", "--seed", "2").Done();
        Assert.Equal(4, Document().GetProperty("runsMade").GetInt32());
        Assert.NotEqual(traces, File.ReadAllText(Out("traces.csv")));
    }

    [Fact]
    public async Task AnInterruptedExperimentGoesOnWhereItWas()
    {
        using var source = new CancellationTokenSource();

        // So many trials are never done before they are interrupted; going on with some of them finds what those have left.
        string[] args = Args("mnist-attack", "--images", "2", "--trials", "1000");
        Task<Outcome> run = Task.Run(() => Zo.Run(args, source.Token));
        while (!Directory.Exists(_folder.File("runs")) || Directory.GetFiles(_folder.File("runs"), "*.json").Length < 2)
        {
            Assert.False(run.IsCompleted, "It was done before it could be interrupted.");
            await Task.Yield();
        }

        source.Cancel();
        Outcome interrupted = await run;
        Assert.Equal(3, interrupted.Code);
        Assert.Contains("go on with --resume", interrupted.Error, StringComparison.Ordinal);
        Assert.True(Document().GetProperty("partial").GetBoolean());

        Run("mnist-attack", "--images", "2", "--trials", "2", "--resume").Done();
        Assert.Equal(2, Document().GetProperty("runsFound").GetInt32());
        Assert.Equal(6, Document().GetProperty("runsMade").GetInt32());
        string resumed = File.ReadAllText(Out("traces.csv"));
        Directory.Delete(_folder.File("runs"), recursive: true);
        Run("mnist-attack", "--images", "2", "--trials", "2").Done();
        Assert.Equal(File.ReadAllText(Out("traces.csv")), resumed);
    }

    [Fact]
    public void ADamagedRunIsMadeAgain()
    {
        Run("mnist-attack", "--images", "1").Done();
        string traces = File.ReadAllText(Out("traces.csv"));
        string[] files = [.. Directory.GetFiles(_folder.File("runs")).Order(StringComparer.Ordinal)];
        File.WriteAllText(files[0], File.ReadAllText(files[0])[..100]);
        File.WriteAllText(files[1], "[]");
        File.WriteAllText(files[2], "{\"identity\":{},\"problems\":[]}");
        Run("mnist-attack", "--images", "1").Done();

        Assert.Equal((3, 1), (Document().GetProperty("runsMade").GetInt32(), Document().GetProperty("runsFound").GetInt32()));
        Assert.Equal(traces, File.ReadAllText(Out("traces.csv")));
    }

    [Theory]
    [InlineData("There is no optimizer 'zo-sdg'; did you mean 'zo-sgd'?", "mnist-attack", "--with", "zo-sdg")]
    [InlineData("--trials", "mnist-attack", "--trials", "0")]
    [InlineData("--resume finds no experiment in", "mnist-attack", "--resume")]
    [InlineData("did you mean 'mnist-attack'", "mnist-atack")]
    [InlineData("'zo experiment list'", "foo")]
    [InlineData("The test images of cifar10 are not there", "cifar10-attack", "--data", "nowhere")]
    public void BadInputIsOneSentence(string says, params string[] args)
    {
        Outcome outcome = Zo.Run(["experiment", .. args, "--out", Out(""), "--runs", _folder.File("runs")]);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Error.Count(c => c == '\n'));
        Assert.False(File.Exists(Out("experiment.json")));
    }

    [Fact]
    public async Task AnInstallationWithoutTheCifar10ClassifierIsToBeMended()
    {
        Directory.CreateDirectory(_folder.File("data"));
        _folder.Write("data/test_batch.bin", new byte[3073]);
        string[] args = ["cifar10-attack", "--data", _folder.File("data"), "--out", Out(""), "--runs", _folder.File("runs")];
        Outcome outcome = await Zo.Start(_folder.File("."), "env", [$"ZO_HOME={_folder.File("home")}", "dotnet", typeof(Cli.Application).Assembly.Location, "experiment", .. args]).Outcome();

        Assert.Equal((2, $"zo: The bundled cifar10-cnn or zo-lstm-cifar10 is missing from this installation; reinstall zo.{Environment.NewLine}"), (outcome.Code, outcome.Error));
    }

    [Fact]
    public void BadInputLeavesAFinishedExperimentAsItIs()
    {
        Run("mnist-attack", "--images", "1").Done();
        string before = File.ReadAllText(Out("experiment.json"));

        Assert.Equal(2, Run("mnist-attack", "--images", "9999").Code);
        Assert.Equal(before, File.ReadAllText(Out("experiment.json")));
    }

    [Fact]
    public void ListNamesEveryExperiment()
    {
        string list = Zo.Run("experiment", "list").Done().Output;
        Assert.All(Experiment.All, experiment => Assert.Contains(experiment.Name, list, StringComparison.Ordinal));
        Assert.Equal(9, Experiment.All.Count);
    }

    [Fact]
    public void AnObservedOptimizerDoesWhatItDoesAlone()
    {
        var objective = new FunctionObjective(8);
        using DelegateOracle oracle = DelegateOracle.FromFunction(8, x => System.Numerics.Tensors.TensorPrimitives.SumOfSquares(x));
        IZerothOrderOptimizer alone = new OptimizerRegistry().Create("zo-adam");
        var steps = new List<int>();
        var last = Array.Empty<float>();
        var observed = new ObservedOptimizer(
            alone,
            (in OptimizerStep step, ReadOnlySpan<float> _, ReadOnlySpan<float> _, ReadOnlySpan<Evaluation> _, ReadOnlySpan<float> after, ReadOnlySpan<float> _) =>
            {
                steps.Add(step.Number);
                last = after.ToArray();
            });
        Problem[] problems = [.. new[] { alone, observed }.Select(o => new Problem("p", objective, o, 0.001f, RandomKey.FromSeed(3), new RunLimits { Iterations = 10 }))];
        new BatchedEngine(oracle).Run(problems);

        Assert.Equal(problems[0].Trace, problems[1].Trace);
        Assert.Equal(Enumerable.Range(1, 10), steps);
        Assert.Equal(problems[1].Theta.ToArray(), last);
    }

    [Fact]
    public void AnEnlargedPerturbationOfTheImagesSizeIsThePerturbation()
    {
        ImageSet digits = GeneratedDigits.Create(1);
        var attack = new AttackObjective(digits.Image(0), digits.Label(0), 10, new AttackLoss());
        var whole = new UpscaledObjective(attack, 28, 28, 28, 28);
        var theta = new float[784];
        whole.Initialize(RandomKey.FromSeed(2), theta);
        float[] expected = new float[784], seen = new float[784];
        attack.Decode(theta, expected);
        whole.Decode(theta, seen);

        Assert.Equal(expected, seen);
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(14, 28)]
    [InlineData(21, 28)]
    public void EnlargingKeepsLinearSlopesAwayFromTheEdges(int height, int width)
    {
        var image = new float[784];
        Array.Fill(image, 0.5f);
        var attack = new AttackObjective(image, 0, 10, new AttackLoss());
        var small = new UpscaledObjective(attack, height, width, 28, 28);

        // A plane in image coordinates, sampled at the small pixels' centres.
        float Plane(double y, double x) => (float)((0.004 * y) - (0.006 * x));
        var theta = new float[small.Dimension];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                theta[(y * width) + x] = Plane((y + 0.5) * 28 / height, (x + 0.5) * 28 / width);
            }
        }

        var input = new float[784];
        small.Decode(theta, input);
        Assert.Equal(height * width, small.Dimension);
        for (int y = 4; y < 24; y++)
        {
            for (int x = 4; x < 24; x++)
            {
                Assert.Equal(0.5 + Plane(y + 0.5, x + 0.5), input[(y * 28) + x], 1e-5);
            }
        }
    }

    private JsonElement Document() => JsonDocument.Parse(File.ReadAllText(Out("experiment.json"))).RootElement;

    private string Out(string file) => Path.Combine(_folder.File("out"), file);

    private string[] Args(string name, params string[] options) => ["experiment", name, "--quick", .. options, "--out", Out(""), "--runs", _folder.File("runs")];

    private Outcome Run(string name, params string[] options) => Zo.Run(Args(name, options));
}
