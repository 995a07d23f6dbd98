using System.Diagnostics;
using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What is interrupted or killed, at whatever moment, goes on to the same problems byte for byte.</summary>
public sealed class ResumeTests : IDisposable
{
    private static readonly string[] Long = ["--count", "8", "--iterations", "1500", "--smoothing", "0.001", "--checkpoint-every", "0.05", "--quiet"];

    // Progress is shown at the first step, where these are interrupted.
    private static readonly string[] Seen = ["--iterations", "60", "--smoothing", "0.001"];

    private readonly TinyTask _task = new();

    private string Checkpoint => Path.Combine(_task.Out, "run.checkpoint");

    public void Dispose() => _task.Dispose();

    [SkippableTheory]
    [InlineData("attack", 1)]
    [InlineData("compare", 3)]
    public async Task A_run_that_is_killed_goes_on_to_the_same_problems(string command, int seed)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows renames no file that another process reads.");
        string[] args = command == "compare" ? [.. Long, "--optimizers", "zo-adam,zo-lstm-plus"] : Long;
        string[] start = [.. _task.Args(command), .. args];
        JsonElement whole = Zo.Run([.. start.Select(word => word == _task.Out ? _task.At("whole") : word), "--json"]).Done().Document;
        long asked = whole.GetProperty("overheadQueries").GetInt64() + Queries(whole);

        var random = new Random(seed);
        int kills = 0;
        while (kills < 2)
        {
            using Process process = Zo.Start(_task.At("."), kills == 0 ? start : [command, "--resume", _task.Out]);
            Task<Outcome> ended = process.Outcome();

            // Killed while it writes its first, it leaves nothing to go on from.
            await Checkpoints(ended, kills == 0 ? 1 : random.Next(1, 4), whileWriting: kills > 0 && random.Next(2) == 0);
            process.Kill();
            await ended;
            if (!File.Exists(Checkpoint))
            {
                break;
            }

            kills++;
        }

        Skip.If(kills == 0, "The run was done, or had laid nothing down, before it could be killed.");

        // The last kill may have come when all was done and only the process had not ended.
        string result = Path.Combine(_task.Out, "result.json");
        bool wasDone = File.Exists(result) && !JsonDocument.Parse(File.ReadAllText(result)).RootElement.Truth("partial");
        JsonElement resumed = wasDone ? JsonDocument.Parse(File.ReadAllText(result)).RootElement : await GoneOn(command);
        for (int run = 0; run < whole.GetProperty("runs").GetArrayLength(); run++)
        {
            resumed.ProblemText(run).ShouldBe(whole.ProblemText(run));
            resumed.Run(run).GetProperty("summary").GetRawText().ShouldBe(whole.Run(run).GetProperty("summary").GetRawText());
        }

        (resumed.GetProperty("overheadQueries").GetInt64() + Queries(resumed)).ShouldBe(asked);
        resumed.Truth("partial").ShouldBeFalse();
        if (!wasDone)
        {
            Directory.GetFiles(_task.Out, "run.*").ShouldBeEmpty();
            Directory.GetFiles(_task.Out, "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
        }
    }

    // Not in this process: it goes to the folder in which the run was begun, and tests share theirs.
    private async Task<JsonElement> GoneOn(string command)
    {
        using Process last = Zo.Start(_task.At("."), command, "--resume", _task.Out, "--json");
        return (await last.Outcome()).Done().Document;
    }

    [SkippableFact]
    public async Task The_torture_of_a_few_kills_finds_no_difference()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no bash.");
        using Process process = Zo.Start(_task.At("."), "env", [$"ZO={typeof(Application).Assembly.Location}", "bash", Path.Combine(DocumentationTests.Root, "tests", "torture.sh"), "2", "attack,compare"]);
        Outcome outcome = await process.Outcome();

        (outcome.Code, outcome.Error).ShouldBe((0, ""));

        // Whether a kill comes in time is the machine's business; what comes of every run is not.
        outcome.Output.ShouldMatch(@"(?m)^attack +\d+ +([1-9]\d*) +\1 +\d+$");
    }

    [Fact]
    public void Queries_sent_again_are_counted_and_charged_to_nobody()
    {
        string[] args = [.. _task.Args("attack"), .. Seen, "--json"];
        JsonElement whole = Zo.Run([.. args.Select(word => word == _task.Out ? _task.At("whole") : word)]).Done().Document;
        Interrupt([.. args, "--checkpoint-every", "1000000"], out JsonElement partial);
        long kept = MLNet.ZerothOrder.Checkpoint.Read(Checkpoint).Queries;
        string counter = Path.Combine(_task.Out, "run.lock");
        long sent = BitConverter.ToInt64(File.ReadAllBytes(counter));

        // The pixels' encoding was looked for on every image, and at the interruption what was found so far was checked for that result alone.
        (sent - kept).ShouldBeInRange(TinyTask.Count + (2 * partial.Problems().Count(p => p.Truth("success"))), sent);

        // As another process leaves it that is killed with 1,000 queries behind it that no checkpoint holds.
        sent += 1000;
        File.WriteAllBytes(counter, BitConverter.GetBytes(sent));
        JsonElement resumed = Zo.Run("attack", "--resume", _task.Out, "--json").Done().Document;

        resumed.ProblemText().ShouldBe(whole.ProblemText());
        resumed.Number("overheadQueries").ShouldBe(whole.Number("overheadQueries"));
        whole.TryGetProperty("resentQueries", out _).ShouldBeFalse();
        resumed.GetProperty("resentQueries").GetInt64().ShouldBe(sent - kept);
    }

    [Fact]
    public void An_interrupted_run_goes_on_and_a_finished_one_says_so()
    {
        string[] args = [.. _task.Args("attack"), .. Seen, "--json"];
        Outcome interrupted = Interrupt(args, out JsonElement partial);
        interrupted.Code.ShouldBe(3);
        interrupted.Error.ShouldEndWith($"zo: Interrupted; partial results are in {_task.Out}; resume with --resume {_task.Out}.{Environment.NewLine}", Case.Sensitive);
        partial.Truth("partial").ShouldBeTrue();
        Refused("resume it, or remove", args);

        Zo.Run("attack", "--resume", _task.Out).Done();
        string result = File.ReadAllText(Path.Combine(_task.Out, "result.json"));
        Outcome again = Zo.Run("attack", "--resume", _task.Out).Done();

        again.Error.ShouldBe($"zo: note: The run in {_task.Out} is finished; nothing is left to do.{Environment.NewLine}");
        File.ReadAllText(Path.Combine(_task.Out, "result.json")).ShouldBe(result);
        Zo.Run(args).Done();
    }

    // Composed steps keep the oracle's side of a step in the target's graph, and none of it between steps.
    [Theory]
    [InlineData("zo-adam")]
    [InlineData("zo-prox-plain")]
    public void Composed_steps_that_are_interrupted_go_on_to_the_same_problems(string optimizer)
    {
        string[] args = [.. _task.Args("attack"), .. Seen, "--optimizer", optimizer, "--composed", "on", "--json"];
        JsonElement whole = Zo.Run([.. args.Select(word => word == _task.Out ? _task.At("whole") : word)]).Done().Document;
        Interrupt(args, out _);

        Zo.Run("attack", "--resume", _task.Out, "--json").Done().Document.ProblemText().ShouldBe(whole.ProblemText());
    }

    [Fact]
    public async Task A_run_goes_on_in_the_folder_in_which_it_was_begun()
    {
        Interrupt([.. _task.Args("attack"), .. Seen], out _);
        string[] relative = ["attack", "--model", "m.onnx", "--images", "images.npy", "--labels", "labels.txt", "--out", "out", .. Seen, "--json"];
        Rewrite(command: relative, folder: _task.At("."));

        // In a process of its own: a process has one folder.
        using Process process = Zo.Start(Path.GetTempPath(), "attack", "--resume", _task.Out);
        Outcome outcome = (await process.Outcome()).Done();
        outcome.Document.Text("command").ShouldBe($"zo {string.Join(' ', relative)}");
    }

    [Fact]
    public void A_changed_model_image_label_optimizer_or_version_is_refused_by_name()
    {
        string optimizer = TinyOptimizer.Save(_task.At("o.onnx"));
        string settings = _task.Text("s.json", """{"optimizers": {"zo-adam": {"stepSize": 0.16}}}""");
        Interrupt([.. _task.Args("compare"), "--optimizers", $"zo-adam,{optimizer}", "--settings", settings, .. Seen], out _);
        Changed(_task.Model, "model = SHA-256", () => new TinyClassifier { Gain = 4.01 }.Save(_task.Model));
        Changed(_task.Images, "images = SHA-256", () =>
        {
            float[] pixels = [.. _task.Pixels];
            pixels[3] = 1 - pixels[3];
            _task.Npy("images.npy", [TinyTask.Count, 1, 4, 4], pixels);
        });
        Changed(_task.LabelFile, "images = SHA-256", () => _task.Text("labels.txt", string.Join('\n', _task.Labels.Select(l => (l + 1) % 5))));
        Changed(optimizer, "sha256 = ", () => TinyOptimizer.Save(optimizer, TinyOptimizer.Draw() with { Seed = 78 }));
        Changed(settings, "zo-adam stepSize = 0.16, not 0.17", () => _task.Text("s.json", """{"optimizers": {"zo-adam": {"stepSize": 0.17}}}"""));
        foreach (string name in new[] { "version", "ONNX Runtime" })
        {
            Changed(Checkpoint, $"{name} = 0.0.1, not", () => Rewrite(name, "0.0.1"));
        }

        Zo.Run("compare", "--resume", _task.Out).Done();

        void Changed(string file, string says, Action change)
        {
            byte[] before = File.ReadAllBytes(file);
            change();
            Refused(says, "compare", "--resume", _task.Out);
            File.WriteAllBytes(file, before);
        }
    }

    [Fact]
    public void An_interruption_on_a_slow_machine_leaves_out_pictures_and_says_so()
    {
        Outcome interrupted = Interrupt([.. _task.Args("attack"), .. Seen, "--json"], out JsonElement partial, new SlowTime());

        interrupted.Error.ShouldContain($"zo: note: There was no time after the interruption: {TinyTask.Count} of {TinyTask.Count} pictures and the report are not written; the numbers are in {Path.Combine(_task.Out, "result.json")}, and --resume completes them.{Environment.NewLine}", Case.Sensitive);
        foreach (var p in partial.Problems())
        {
            (p.IsNull("originalFile") && p.IsNull("imageFile") && p.IsNull("lastFile")).ShouldBeTrue();
        }
        Directory.EnumerateFileSystemEntries(_task.Out).Select(Path.GetFileName).Order().ShouldBe(["result.json", "run.checkpoint", "run.lock"]);

        JsonElement resumed = Zo.Run("attack", "--resume", _task.Out, "--json").Done().Document;
        foreach (var p in resumed.Problems())
        {
            File.Exists(Path.Combine(_task.Out, p.Text("originalFile"))).ShouldBeTrue();
        }
        File.Exists(Path.Combine(_task.Out, "report.html")).ShouldBeTrue();
    }

    [Fact]
    public void A_recording_goes_on_with_its_run()
    {
        string file = _task.At("a.zorec");
        string[] args = [.. _task.Args("attack"), .. Seen, "--pixels", "0..1"];
        Interrupt([.. args, "--record", file], out _);

        // As a process leaves it that is killed while it writes.
        File.AppendAllText(file, "half a record");
        JsonElement resumed = Zo.Run("attack", "--resume", _task.Out, "--json").Done().Document;
        string[] replay = [.. args.Select(word => word == _task.Out ? _task.At("replayed") : word == _task.Model ? new TinyClassifier { Gain = 2 }.Save(_task.At("other.onnx")) : word)];
        JsonElement replayed = Zo.Run([.. replay, "--replay", file, "--json"]).Done().Document;

        replayed.ProblemText().ShouldBe(resumed.ProblemText());
        foreach (var p in replayed.Problems())
        {
            p.Text("stopReason").ShouldBe("iterations");
        }
    }

    [Fact]
    public void Another_recording_to_answer_from_is_refused()
    {
        string file = _task.At("a.zorec"), other = _task.At("b.zorec");
        string[] args = [.. _task.Args("attack"), .. Seen];
        Zo.Run([.. args.Select(word => word == _task.Out ? _task.At("recorded") : word), "--record", file]).Done();
        Interrupt([.. args, "--replay", file], out _);
        File.Copy(file, other);
        using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(20 + (stream.Length - 20) / 2 / (16 + (4 * 21)) * (16 + (4 * 21)));
        }

        Refused("recording = SHA-256", "attack", "--resume", _task.Out);
        File.Copy(other, file, overwrite: true);
        Zo.Run("attack", "--resume", _task.Out).Done();
    }

    [Fact]
    public void What_does_not_go_with_resume_is_refused()
    {
        Refused("holds no interrupted run", "attack", "--resume", _task.At("nowhere"));
        Interrupt([.. _task.Args("attack"), .. Seen], out _);
        Refused("remove --iterations", "attack", "--resume", _task.Out, "--iterations", "50");
        Refused("remove --out", "attack", "--resume", _task.Out, "--out", _task.At("other"));
        Refused("was started by 'zo attack', not 'zo compare'", "compare", "--resume", _task.Out);
        File.WriteAllBytes(Checkpoint, File.ReadAllBytes(Checkpoint)[..^1]);
        Refused("its length differs from its header", "attack", "--resume", _task.Out);
    }

    [Fact]
    public void A_second_run_in_a_folder_refuses()
    {
        Outcome? second = null;
        Outcome first = WhenShown([.. _task.Args("attack"), .. Seen], default, () => second ??= Zo.Run(_task.Args("attack")));

        first.Done();
        (second!.Code, second.Output).ShouldBe((2, ""));
        second.Error.ShouldBe($"zo: Another run uses {_task.Out}; wait for its end, or choose another (--out).{Environment.NewLine}");
    }

    [SkippableFact]
    public void A_checkpoint_that_can_no_longer_be_written_ends_the_run_with_what_it_found()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows removes no file that is being written.");
        string[] args = [.. _task.Args("attack"), "--iterations", "1000000", "--smoothing", "0.001", "--checkpoint-every", "0.05", "--json"];
        Outcome outcome = WhenShown(args, default, () =>
        {
            // A new checkpoint may come between.
            while (!Directory.Exists(Checkpoint))
            {
                try
                {
                    File.Delete(Checkpoint);
                    Directory.CreateDirectory(Checkpoint);
                }
                catch (IOException)
                {
                }
            }
        });

        outcome.Code.ShouldBe(3);
        outcome.Error.ShouldMatch($@"zo: The checkpoint could not be written \([^\n]*\); partial results are in {_task.Out}[^\n]*\.\r?\n\z");
        outcome.Document.Truth("partial").ShouldBeTrue();
        outcome.Document.Problems().Any(p => p.GetProperty("trace").GetArrayLength() > 1).ShouldBeTrue();
    }

    [Theory]
    [InlineData("train")]
    [InlineData("experiment")]
    public void A_second_training_or_experiment_in_one_place_refuses(string command)
    {
        Directory.CreateDirectory(_task.Out);
        string optimizer = Path.Combine(_task.Out, "o.onnx");
        using RunLock first = RunLock.Take(command == "train" ? $"{optimizer}.lock" : Path.Combine(_task.Out, "run.lock"), _task.Out);

        Refused("Another run uses", command == "train"
            ? ["train", "--task", "binary", "--out", optimizer] : ["experiment", "mnist-attack", "--out", _task.Out, "--runs", _task.At("runs")]);
    }

    [Fact]
    public void A_lock_that_a_killed_process_left_stands_in_nobodys_way()
    {
        Directory.CreateDirectory(_task.Out);
        File.WriteAllBytes(Path.Combine(_task.Out, "run.lock"), [1, 2, 3]);
        _task.Attack().Done();
        File.Exists(Path.Combine(_task.Out, "run.lock")).ShouldBeFalse();
    }

    private static long Queries(JsonElement document) => document.GetProperty("runs").EnumerateArray().Sum(run => run.GetProperty("summary").GetProperty("totalQueries").GetInt64());

    private static void Refused(string says, params string[] args)
    {
        Outcome outcome = Zo.Run(args);
        (outcome.Code, outcome.Output).ShouldBe((2, ""));
        outcome.Error.ShouldMatch(@"\Azo: [^\n]*\.\r?\n\z");
        outcome.Error.ShouldContain(says, Case.Sensitive);
    }

    /// <summary>Runs zo, which does something as soon as it shows progress on a terminal.</summary>
    private static Outcome WhenShown(string[] args, CancellationToken cancellation, Action act, TimeProvider? time = null)
    {
        using StringWriter output = new();
        using var error = new ActingWriter(act);
        int code = Application.Run(new Session(args, new Terminal(output, error, null, () => 80), cancellation) { Time = time ?? new ManualTime() });
        return new Outcome(code, output.ToString(), error.ToString());
    }

    // The clock stands still, so that an interruption is never in haste unless another one is given.
    private Outcome Interrupt(string[] args, out JsonElement partial, TimeProvider? time = null)
    {
        using var cancellation = new CancellationTokenSource();
        Outcome outcome = WhenShown(args, cancellation.Token, cancellation.Cancel, time);
        outcome.Code.ShouldBe(3);
        partial = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json"))).RootElement;
        partial.Problems().Any(p => p.GetProperty("trace").GetArrayLength() > 0).ShouldBeTrue();
        return outcome;
    }

    private void Rewrite(string? name = null, string value = "", string[]? command = null, string? folder = null)
    {
        var kept = MLNet.ZerothOrder.Checkpoint.Read(Checkpoint);
        if (name is not null)
        {
            kept.Identity[name] = value;
        }

        (kept with { Arguments = command ?? kept.Arguments, Folder = folder ?? kept.Folder }).Write(Checkpoint);
    }

    // Until so many more checkpoints are in their place, or begun; or until the process ends by itself.
    private async Task Checkpoints(Task<Outcome> ended, int count, bool whileWriting)
    {
        Directory.CreateDirectory(_task.Out);
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(_task.Out, "run.checkpoint*");
        void Seen()
        {
            if (Interlocked.Decrement(ref count) == 0)
            {
                enough.TrySetResult();
            }
        }

        if (whileWriting)
        {
            watcher.Created += (_, _) => Seen();
        }
        else
        {
            watcher.Renamed += (_, _) => Seen();
        }

        watcher.EnableRaisingEvents = true;
        await Task.WhenAny(enough.Task, ended);
    }

    /// <summary>A clock by which everything takes ten seconds.</summary>
    private sealed class SlowTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 10);
    }

    private sealed class ActingWriter(Action act) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.StartsWith('\r') == true)
            {
                act();
            }
        }
    }
}
