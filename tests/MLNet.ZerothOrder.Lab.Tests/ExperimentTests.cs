using System.Text.Json;
using MLNet.ZerothOrder.Lab;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ExperimentTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _notes = [];

    // CIFAR-10's images are not everywhere; its experiment is of the MNIST one's class. The ablation is made of the other tasks.
    public static TheoryData<string, int?> Experiments => new()
    {
        { "mnist-attack", 2 },
        { "binary-classification", null },
        { "cosine", 1 },
        { "trajectory", null },
        { "dimension", 2 },
        { "deviation-map", 1 },
        { "panels", null },
        { "mnist-balls", 2 },
    };

    private ExperimentOptions Quick => new(
        _folder.File("out"), _folder.File("runs"), Path.Combine(AppContext.BaseDirectory, "onnx", "targets"), Quick: true, Images: 1, Command: "zo experiment", Note: _notes.Add);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Experiments))]
    public void An_experiment_writes_its_report_its_traces_and_its_claims(string name, int? images)
    {
        ExperimentResult result = Run(name, Quick with { Images = images });

        result.Partial.ShouldBeFalse();
        result.Claims.ShouldNotBeEmpty();
        JsonElement document = Document();
        document.GetProperty("partial").GetBoolean().ShouldBeFalse();
        document.GetProperty("claims").EnumerateArray().Select(claim => claim.GetProperty("paper").GetString()).ShouldBe(result.Claims.Select(claim => claim.Paper));
        File.ReadLines(Out("traces.csv")).Count().ShouldBeGreaterThan(10);

        // Charts take Node; without it a note says so.
        (_notes.Exists(w => w.Contains("No figures were drawn", StringComparison.Ordinal)) || Directory.GetFiles(Out("figures"), "*.png").Length > 0).ShouldBeTrue();
        string page = File.ReadAllText(Out("report.html"));
        page.ShouldContain("quick");
        page.ShouldContain("<code>zo experiment</code>");
    }

    [Fact]
    public void Runs_are_made_once_and_shared_between_experiments()
    {
        ExperimentResult first = Run("mnist-attack", Quick);
        string traces = File.ReadAllText(Out("traces.csv"));
        first.Queries.ShouldBe(4 * 4201);
        ExperimentResult again = Run("mnist-attack", Quick);

        (again.Queries, again.RunsMade, again.RunsFound).ShouldBe((0, 0, 4));
        again.TracesSha256.ShouldBe(first.TracesSha256);
        File.ReadAllText(Out("traces.csv")).ShouldBe(traces);

        // One more optimizer is one more run; another seed is another experiment.
        ExperimentResult more = Run("mnist-attack", Quick with { With = ["zo-prox"] });
        (more.RunsMade, more.RunsFound).ShouldBe((1, 4));
        File.ReadAllText(Out("report.html")).ShouldContain("zo-prox");
        ExperimentResult other = Run("mnist-attack", Quick with { Seed = 2 });
        other.RunsMade.ShouldBe(4);
        other.TracesSha256.ShouldNotBe(first.TracesSha256);
    }

    [Fact]
    public void A_cancelled_experiment_resumes_with_the_runs_that_it_finished()
    {
        using var source = new CancellationTokenSource();
        ExperimentResult cancelled = Of("mnist-attack").Run(Quick with { Trials = 2 }, state =>
        {
            if (state.RunsMade == 2)
            {
                source.Cancel();
            }
        }, source.Token);

        (cancelled.Partial, cancelled.RunsMade, cancelled.Claims.Count).ShouldBe((true, 2, 0));
        Document().GetProperty("partial").GetBoolean().ShouldBeTrue();
        File.Exists(Out("traces.csv")).ShouldBeFalse();

        ExperimentResult resumed = Run("mnist-attack", Quick with { Trials = 2 });
        (resumed.RunsFound, resumed.RunsMade).ShouldBe((2, 6));
        Run("mnist-attack", Quick with { Trials = 2, Runs = _folder.File("other-runs") }).TracesSha256.ShouldBe(resumed.TracesSha256);
    }

    [Fact]
    public void Methods_in_balls_can_be_made_one_after_the_other()
    {
        // Five balls; signhunter is for the three in ℓ∞.
        ExperimentResult first = Run("mnist-balls", Quick with { Methods = ["signhunter"] });
        (first.RunsMade, first.RunsFound, first.Claims.Count).ShouldBe((8, 0, 0), "nothing is ours");
        ExperimentResult second = Run("mnist-balls", Quick with { Methods = ["memory-square", "square"] });
        (second.RunsMade, second.RunsFound, second.Claims.Count).ShouldBe((5, 5, 2));
        string[] rows = File.ReadAllLines(Out("traces.csv"));
        rows.Length.ShouldBe(11);
        rows.ShouldAllBe(row => !row.Contains("signhunter", StringComparison.Ordinal));
    }

    [Fact]
    public void A_damaged_run_is_made_again()
    {
        ExperimentResult first = Run("mnist-attack", Quick);
        string[] files = [.. Directory.GetFiles(_folder.File("runs")).Order(StringComparer.Ordinal)];
        File.WriteAllText(files[0], File.ReadAllText(files[0])[..100]);
        File.WriteAllText(files[1], "[]");
        File.WriteAllText(files[2], "{\"identity\":{},\"problems\":[]}");
        ExperimentResult again = Run("mnist-attack", Quick);

        (again.RunsMade, again.RunsFound).ShouldBe((3, 1));
        again.TracesSha256.ShouldBe(first.TracesSha256);
    }

    [Fact]
    public void Bad_input_leaves_a_finished_experiment_as_it_is()
    {
        Run("mnist-attack", Quick);
        string before = File.ReadAllText(Out("experiment.json"));

        InputException e = Should.Throw<InputException>(() => Run("mnist-attack", Quick with { Images = 9999 }));
        e.Message.ShouldStartWith("9999 images were asked for, but only ");
        File.ReadAllText(Out("experiment.json")).ShouldBe(before);
    }

    [Fact]
    public void Two_experiments_never_run_in_one_folder()
    {
        Directory.CreateDirectory(_folder.File("out"));
        using RunLock first = RunLock.Take(Out("run.lock"), "elsewhere");

        Should.Throw<InputException>(() => Run("trajectory", Quick)).Message.ShouldContain("Another run uses");
    }

    private static Experiment Of(string name) => Experiment.All.Single(experiment => experiment.Name == name);

    private static ExperimentResult Run(string name, ExperimentOptions options) => Of(name).Run(options);

    private JsonElement Document() => JsonDocument.Parse(File.ReadAllText(Out("experiment.json"))).RootElement;

    private string Out(string file) => Path.Combine(_folder.File("out"), file);
}
