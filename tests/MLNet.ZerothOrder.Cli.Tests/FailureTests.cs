using System.Diagnostics;
using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Interruption, a failing model, a full disk: what was found until then is kept, and the exit code tells them apart.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task ASignalEndsARunWithWhatItFound(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no kill.");
        Directory.CreateDirectory(_task.Out);
        using var process = Zo.Start(_task.At("."), "attack", "--model", Zo.LeNet, "--count", "3", "--iterations", "1000000", "--json", "--out", _task.Out);
        Task<Outcome> ended = process.Outcome();
        await Started(ended);

        // The file is there from the first answer on, so that also a run that is killed leaves its mark.
        JsonElement start = Result();
        Assert.True(start.Truth("partial"));
        Assert.Equal(0, start.GetProperty("runs").GetArrayLength());

        using (Process kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        Outcome outcome = await ended;
        Assert.Equal(3, outcome.Code);

        // On a machine that is slow at that moment, a note before it says which pictures there was no time for.
        Assert.EndsWith($"zo: Interrupted; partial results are in {_task.Out}; resume with --resume {_task.Out}.{Environment.NewLine}", outcome.Error, StringComparison.Ordinal);
        JsonElement result = Result();
        Assert.Equal(result.GetRawText(), outcome.Document.GetRawText(), ignoreWhiteSpaceDifferences: true);
        Assert.True(result.Truth("partial"));
        Assert.Equal(3, result.Problems().Count());
        Assert.All(result.Problems(), problem =>
        {
            Assert.Equal("cancelled", problem.Text("stopReason"));
            int iterates = problem.GetProperty("trace").GetArrayLength();

            // Queries are charged before they are sent: the last step's may be without an answer.
            Assert.InRange(problem.GetProperty("queries").GetInt64(), 21 * iterates, 21 * (iterates + 1));
        });
        Assert.Contains(result.Problems(), problem => problem.GetProperty("trace").GetArrayLength() > 0);
        Assert.Equal(result.Problems().Sum(p => p.Number("queries")), result.Run().GetProperty("summary").Number("totalQueries"));
    }

    [Fact]
    public void AnInterruptionBeforeTheFirstQueryLeavesAnEmptyPartialResult()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Outcome outcome = Zo.Run(_task.Args("attack"), cancellation.Token);

        Assert.Equal((3, "", $"zo: Interrupted.{Environment.NewLine}"), (outcome.Code, outcome.Output, outcome.Error));
        Assert.True(Result().Truth("partial"));
        Assert.Equal(0, Result().GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public void AModelThatGivesNanOnEveryImageAfterSomeStepsEndsTheRunWithWhatItFound()
    {
        string[] args = NanArgs("--smoothing", "0.0001", "--optimizer", "zo-adam");
        Outcome outcome = Zo.Run([.. args, "--json"]);

        Assert.Equal(4, outcome.Code);
        Assert.Matches(@"\Azo: The oracle gave NaN as a score for image \d+ at step \d+; [^\n]*; partial results are in [^\n]*; resume with --resume [^\n]*\.\r?\n\z", outcome.Error);
        JsonElement result = Result();
        Assert.Equal(result.GetRawText(), outcome.Document.GetRawText(), ignoreWhiteSpaceDifferences: true);
        Assert.True(result.Truth("partial"));
        Assert.StartsWith("The oracle gave NaN", result.Text("failure"), StringComparison.Ordinal);
        Assert.Equal(8, result.Problems().Count());
        Assert.All(result.Problems(), p => Assert.Equal("failed", p.Text("stopReason")));
        Assert.All(result.Problems(), p => Assert.StartsWith($"The oracle gave NaN as a score for image {p.Text("id")} at step", p.Text("failure"), StringComparison.Ordinal));
        Assert.Contains(result.Problems(), p => p.GetProperty("trace").GetArrayLength() > 1);
        Assert.All(result.Problems().SelectMany(p => p.Numbers("trace")), loss => Assert.True(double.IsFinite(loss)));
        Assert.Contains(result.Text("failure").TrimEnd('.'), outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AModelThatGivesNanBeforeTheFirstStepSaysSoInTheResultToo()
    {
        Outcome outcome = Zo.Run(NanArgs("--smoothing", "auto"));

        Assert.Equal((4, ""), (outcome.Code, outcome.Output));
        Assert.Matches(@"\Azo: The oracle gave NaN [^\n]*\.\r?\n\z", outcome.Error);
        Assert.True(Result().Truth("partial"));
        Assert.StartsWith("The oracle gave NaN", Result().Text("failure"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(16, 0)]
    [InlineData(48, 1)]
    public async Task AFullDiskLosesAsLittleAsItCan(int kilobytes, int runs)
    {
        string[] attack = _task.Args("attack", "--count", "10", "--iterations", "40", "--smoothing", "0.001", "--quiet");
        Zo.Run(attack).Done();
        long whole = new FileInfo(Path.Combine(_task.Out, "result.json")).Length;
        Assert.InRange(whole, 17_000, 28_000);
        string disk = Directory.CreateDirectory(_task.At("disk")).FullName;
        string script = $"mount -t tmpfs -o size={kilobytes}k none '{disk}' || exit 99; dotnet '{typeof(Cli.Application).Assembly.Location}' \"$@\"; code=$?; cat '{disk}/result.json'; exit $code";
        Skip.IfNot(await CanMount(disk), "Here no file system can be mounted in a name space of one's own (unshare -rm).");

        attack[Array.IndexOf(attack, _task.Out)] = disk;
        Outcome outcome = await Zo.Start(_task.At("."), "unshare", ["-rm", "bash", "-c", script, "zo", .. attack]).Outcome();

        Assert.Equal(3, outcome.Code);
        Assert.Matches(@"\Azo: A file could not be written \([^\n]*No space left on device[^\n]*\); free some space [^\n]*\.\r?\n\z", outcome.Error);
        Assert.True(outcome.Document.Truth("partial"));
        Assert.Equal(runs, outcome.Document.GetProperty("runs").GetArrayLength());
        if (runs > 0)
        {
            Assert.All(outcome.Document.Problems(), p => Assert.Equal(41, p.GetProperty("trace").GetArrayLength()));
        }
    }

    [SkippableFact]
    public async Task ARecordingThatFillsItsDiskEndsTheRunWithWhatItFound()
    {
        string disk = Directory.CreateDirectory(_task.At("disk")).FullName;
        string script = $"mount -t tmpfs -o size=64k none '{disk}' || exit 99; exec dotnet '{typeof(Cli.Application).Assembly.Location}' \"$@\"";
        Skip.IfNot(await CanMount(disk), "Here no file system can be mounted in a name space of one's own (unshare -rm).");

        string[] attack = _task.Args("attack", "--iterations", "40", "--smoothing", "0.001", "--record", Path.Combine(disk, "a.zorec"), "--json");
        Outcome outcome = await Zo.Start(_task.At("."), "unshare", ["-rm", "bash", "-c", script, "zo", .. attack]).Outcome();

        Assert.Equal(3, outcome.Code);
        Assert.Matches(@"\Azo: The recording could not be written \([^\n]*No space left on device[^\n]*\); partial results are in [^\n]*; resume with --resume [^\n]*\.\r?\n\z", outcome.Error);
        Assert.True(outcome.Document.Truth("partial"));
        Assert.Contains(outcome.Document.Problems(), p => p.GetProperty("trace").GetArrayLength() > 0);
        Assert.True(File.Exists(Path.Combine(_task.Out, "run.checkpoint")));
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
            Assert.Fail($"The run ended before it began: {(await ended).Error}");
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
