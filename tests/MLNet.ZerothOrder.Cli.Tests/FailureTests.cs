using System.Diagnostics;
using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Interruption, a failing model, a full disk: what was found until then is kept, and the exit code tells them apart.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_run_with_what_it_found(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no kill.");
        Directory.CreateDirectory(_task.Out);
        using var process = Zo.Start(_task.At("."), "attack", "--model", Zo.LeNet, "--count", "3", "--iterations", "1000000", "--json", "--out", _task.Out);
        Task<Outcome> ended = process.Outcome();
        await Started(ended);

        // The file is there from the first answer on, so that also a run that is killed leaves its mark.
        JsonElement start = Result();
        start.Truth("partial").ShouldBeTrue();
        start.GetProperty("runs").GetArrayLength().ShouldBe(0);

        using (Process kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        Outcome outcome = await ended;
        outcome.Code.ShouldBe(3);

        // On a machine that is slow at that moment, a note before it says which pictures there was no time for.
        outcome.Error.ShouldEndWith($"zo: Interrupted; partial results are in {_task.Out}; resume with --resume {_task.Out}.{Environment.NewLine}", Case.Sensitive);
        JsonElement result = Result();
        outcome.Document.GetRawText().ShouldBe(result.GetRawText(), true);
        result.Truth("partial").ShouldBeTrue();
        result.Problems().Count().ShouldBe(3);
        foreach (var problem in result.Problems())
        {
            problem.Text("stopReason").ShouldBe("cancelled");
            int iterates = problem.GetProperty("trace").GetArrayLength();

            // Queries are charged before they are sent: the last step's may be without an answer.
            problem.GetProperty("queries").GetInt64().ShouldBeInRange(21 * iterates, 21 * (iterates + 1));
        }
        result.Problems().Any(problem => problem.GetProperty("trace").GetArrayLength() > 0).ShouldBeTrue();
        result.Run().GetProperty("summary").Number("totalQueries").ShouldBe(result.Problems().Sum(p => p.Number("queries")));
    }

    [Fact]
    public void An_interruption_before_the_first_query_leaves_an_empty_partial_result()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(_task.Args("attack"), cancellation.Token);

        (outcome.Code, outcome.Output, outcome.Error).ShouldBe((3, "", $"zo: Interrupted.{Environment.NewLine}"));
        Result().Truth("partial").ShouldBeTrue();
        Result().GetProperty("runs").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public void A_model_that_gives_nan_on_every_image_after_some_steps_ends_the_run_with_what_it_found()
    {
        string[] args = NanArgs("--smoothing", "0.0001", "--optimizer", "zo-adam");
        Outcome outcome = Zo.Run([.. args, "--json"]);

        outcome.Code.ShouldBe(4);
        outcome.Error.ShouldMatch(@"\Azo: The oracle gave NaN as a score for image \d+ at step \d+; [^\n]*; partial results are in [^\n]*; resume with --resume [^\n]*\.\r?\n\z");
        JsonElement result = Result();
        outcome.Document.GetRawText().ShouldBe(result.GetRawText(), true);
        result.Truth("partial").ShouldBeTrue();
        result.Text("failure").ShouldStartWith("The oracle gave NaN", Case.Sensitive);
        result.Problems().Count().ShouldBe(8);
        foreach (var p in result.Problems())
        {
            p.Text("stopReason").ShouldBe("failed");
        }
        foreach (var p in result.Problems())
        {
            p.Text("failure").ShouldStartWith($"The oracle gave NaN as a score for image {p.Text("id")} at step", Case.Sensitive);
        }
        result.Problems().Any(p => p.GetProperty("trace").GetArrayLength() > 1).ShouldBeTrue();
        foreach (var loss in result.Problems().SelectMany(p => p.Numbers("trace")))
        {
            double.IsFinite(loss).ShouldBeTrue();
        }
        outcome.Error.ShouldContain(result.Text("failure").TrimEnd('.'), Case.Sensitive);
    }

    [Fact]
    public void A_model_that_gives_nan_before_the_first_step_says_so_in_the_result_too()
    {
        Outcome outcome = Zo.Run(NanArgs("--smoothing", "auto"));

        (outcome.Code, outcome.Output).ShouldBe((4, ""));
        outcome.Error.ShouldMatch(@"\Azo: The oracle gave NaN [^\n]*\.\r?\n\z");
        Result().Truth("partial").ShouldBeTrue();
        Result().Text("failure").ShouldStartWith("The oracle gave NaN", Case.Sensitive);
    }

    [SkippableTheory]
    [InlineData(16, 0)]
    [InlineData(48, 1)]
    public async Task A_full_disk_loses_as_little_as_it_can(int kilobytes, int runs)
    {
        // On a slow machine a checkpoint would be written in time to take the place of the result.
        string[] attack = _task.Args("attack", "--count", "10", "--iterations", "40", "--smoothing", "0.001", "--checkpoint-every", "1000", "--quiet");
        Zo.Run(attack).Done();
        long whole = new FileInfo(Path.Combine(_task.Out, "result.json")).Length;
        whole.ShouldBeInRange(17_000, 28_000);
        string disk = Directory.CreateDirectory(_task.At("disk")).FullName;
        string script = $"mount -t tmpfs -o size={kilobytes}k none '{disk}' || exit 99; dotnet '{typeof(Cli.Application).Assembly.Location}' \"$@\"; code=$?; cat '{disk}/result.json'; exit $code";
        Skip.IfNot(await CanMount(disk), "Here no file system can be mounted in a name space of one's own (unshare -rm).");

        attack[Array.IndexOf(attack, _task.Out)] = disk;
        Outcome outcome = await Zo.Start(_task.At("."), "unshare", ["-rm", "bash", "-c", script, "zo", .. attack]).Outcome();

        outcome.Code.ShouldBe(3);
        outcome.Error.ShouldMatch(@"\Azo: A file could not be written \([^\n]*No space left on device[^\n]*\); free some space [^\n]*\.\r?\n\z");
        outcome.Document.Truth("partial").ShouldBeTrue();
        outcome.Document.GetProperty("runs").GetArrayLength().ShouldBe(runs);
        if (runs > 0)
        {
            foreach (var p in outcome.Document.Problems())
            {
                p.GetProperty("trace").GetArrayLength().ShouldBe(41);
            }
        }
    }

    [SkippableFact]
    public async Task A_recording_that_fills_its_disk_ends_the_run_with_what_it_found()
    {
        string disk = Directory.CreateDirectory(_task.At("disk")).FullName;
        // A round asks 420 rows of 92 bytes: the disk has room for a dozen rounds of the 41, however the file system counts its pages.
        string script = $"mount -t tmpfs -o size=512k none '{disk}' || exit 99; exec dotnet '{typeof(Cli.Application).Assembly.Location}' \"$@\"";
        Skip.IfNot(await CanMount(disk), "Here no file system can be mounted in a name space of one's own (unshare -rm).");

        string[] attack = _task.Args("attack", "--iterations", "40", "--smoothing", "0.001", "--record", Path.Combine(disk, "a.zorec"), "--json");
        Outcome outcome = await Zo.Start(_task.At("."), "unshare", ["-rm", "bash", "-c", script, "zo", .. attack]).Outcome();

        outcome.Code.ShouldBe(3);
        outcome.Error.ShouldMatch(@"\Azo: The recording could not be written \([^\n]*No space left on device[^\n]*\); partial results are in [^\n]*; resume with --resume [^\n]*\.\r?\n\z");
        outcome.Document.Truth("partial").ShouldBeTrue();
        outcome.Document.Problems().Any(p => p.GetProperty("trace").GetArrayLength() > 0).ShouldBeTrue();
        File.Exists(Path.Combine(_task.Out, "run.checkpoint")).ShouldBeTrue();
    }

    private static async Task<bool> CanMount(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            using Process process = Zo.Start(folder, "unshare", ["-rm", "mount", "-t", "tmpfs", "none", folder]);
            return (await process.Outcome()).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private JsonElement Result() => JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json"))).RootElement;

    // Until the result file is there; fails where the process ends first.
    private async Task Started(Task<Outcome> ended)
    {
        var found = new TaskCompletionSource();
        using var watcher = new FileSystemWatcher(_task.Out, "result.json");
        watcher.Renamed += (_, _) => found.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (File.Exists(Path.Combine(_task.Out, "result.json")))
        {
            found.TrySetResult();
        }

        if (await Task.WhenAny(found.Task, ended) == ended)
        {
            throw new ShouldAssertException($"The run ended before it began: {(await ended).Error}");
        }
    }

    // Black and white images are scored as ever; a pixel that moves by more than about 0.05, but not to the middle, makes NaN.
    private string[] NanArgs(params string[] more)
    {
        var tiny = new TinyClassifier();
        float[] pixels = [.. _task.Pixels[..(8 * 16)].Select(p => p < 0.5f ? 0f : 1f)];
        int[] labels = [.. Enumerable.Range(0, 8).Select(i => tiny.Expected(pixels.AsSpan(i * 16, 16))).Select(scores => Array.IndexOf(scores, scores.Max()))];
        string model = new OnnxWriter()
            .Input("image", OnnxWriter.Float32, "N", 1, 4, 4)
            .Integers("flat", -1, 16).Integers("pixels", 1)
            .Constant("w", [5, 16], [.. Enumerable.Range(0, 80).Select(i => tiny.Weight(i / 16, i % 16))])
            .Constant("b", [5], [.. Enumerable.Range(0, 5).Select(tiny.Bias)])
            .Constant("eighth", [], 0.125f).Constant("reach", [], 0.075f).Constant("zero", [], 0f)
            .Node("Reshape", ["image", "flat"], ["row"])
            .Node("Gemm", ["row", "w", "b"], ["scores"], ("transB", 1L))
            .Node("Mul", ["row", "row"], ["squares"])
            .Node("Sub", ["row", "squares"], ["greyness"])
            .Node("Sub", ["greyness", "eighth"], ["away"])
            .Node("Abs", ["away"], ["distance"])
            .Node("Sub", ["distance", "reach"], ["room"])
            .Node("Sqrt", ["room"], ["roots"])
            .Node("ReduceSum", ["roots", "pixels"], ["sum"], ("keepdims", 1L))
            .Node("Mul", ["sum", "zero"], ["nothing"])
            .Node("Add", ["scores", "nothing"], ["logits"])
            .Output("logits", OnnxWriter.Float32, "N", 5)
            .Save(_task.At("nan.onnx"));
        string settings = _task.Text("slow.json", """{"optimizers": {"zo-adam": {"stepSize": 0.16}}}""");
        return
        [
            "attack", "--model", model, "--images", _task.Npy("black-white.npy", [8, 1, 4, 4], pixels), "--labels", _task.Text("eight.txt", string.Join('\n', labels)),
            "--settings", settings, "--out", _task.Out, .. more,
        ];
    }
}
