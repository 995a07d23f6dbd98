using System.Buffers.Binary;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class CheckpointTests : IDisposable
{
    private const int HeadLength = 52;

    private static readonly RunIdentity Identity = new() { ["model"] = "a", ["version"] = "1" };

    private readonly TempFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "run.checkpoint");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 40)]
    [InlineData(57, 3)]
    [InlineData(200, 40)]
    [InlineData(1000, 5)]
    public void A_run_cut_off_anywhere_goes_on_to_the_same_bits(int calls, int inFlight)
    {
        Problem[] whole = Problems();
        using WatchedOracle undisturbed = Bowl.Oracle();
        new BatchedEngine(undisturbed, inFlight).Run(whole);

        RunUntil(calls, inFlight);
        Problem[] rest = Problems();
        GoOn(rest, inFlight);

        rest.Select(Outcome.Of).ShouldBe(whole.Select(Outcome.Of));
    }

    [Fact]
    public void A_run_cut_off_again_and_again_goes_on_to_the_same_bits()
    {
        Problem[] whole = Problems();
        using WatchedOracle undisturbed = Bowl.Oracle();
        new BatchedEngine(undisturbed).Run(whole);

        RunUntil(3, 4);
        for (int i = 0; i < 20; i++)
        {
            RunUntil(3, 4, Checkpoint.Read(Path));
        }

        Problem[] rest = Problems();
        GoOn(rest, 4);
        rest.Select(Outcome.Of).ShouldBe(whole.Select(Outcome.Of));
    }

    [Fact]
    public void Problems_that_had_ended_ask_nothing_more()
    {
        Problem[] whole = Problems();
        using (var keeper = new CheckpointKeeper(Path, Identity, []))
        {
            keeper.Track(whole);
            using WatchedOracle oracle = Bowl.Oracle();
            new BatchedEngine(oracle).Run(whole, checkpoint: keeper);
            keeper.Write();
        }

        Problem[] again = Problems();
        GoOn(again, 4).Rows.ShouldBeEmpty();
        again.Select(Outcome.Of).ShouldBe(whole.Select(Outcome.Of));
        Checkpoint.Read(Path).Queries.ShouldBe(whole.Sum(p => p.Ledger.Charged));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(18L)]
    public void Retries_that_were_charged_stay_charged(long? budget)
    {
        Problem first = Bowl.Problem(0, new RunLimits { Iterations = 2, Budget = budget });
        using (var keeper = new CheckpointKeeper(Path, Identity, []))
        {
            keeper.Track([first]);
            using var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value) { OnCall = call => first.Ledger.TryChargeRetry(call == 1 ? 7 : 0) };
            new BatchedEngine(oracle).Run([first], checkpoint: keeper);
            keeper.Write();
        }

        Problem again = Bowl.Problem(0, new RunLimits { Iterations = 2, Budget = budget });
        GoOn([again], 1);
        (again.Ledger.Charged, again.Ledger.Retried).ShouldBe((11, 7));
        again.Ledger.CanAfford(1).ShouldBe(budget is null);
    }

    [Fact]
    public void What_is_not_due_is_not_laid_down()
    {
        Problem problem = Bowl.Problem(0, new RunLimits { Iterations = 5 });
        using var keeper = new CheckpointKeeper(Path, Identity, [], every: TimeSpan.FromDays(1));
        keeper.Track([problem]);
        using WatchedOracle oracle = Bowl.Oracle();
        var seen = new List<bool>();

        new BatchedEngine(oracle).Run([problem], progress: _ => seen.Add(problem.IsSaved), checkpoint: keeper);

        seen.ShouldBe([false, false, false, false, false, true]);
    }

    [Fact]
    public void What_is_due_is_laid_down_between_two_steps()
    {
        Problem problem = Bowl.Problem(0, new RunLimits { Iterations = 1_000_000_000 });
        using var keeper = new CheckpointKeeper(Path, Identity, [], every: TimeSpan.FromMilliseconds(10));
        keeper.Track([problem]);
        using WatchedOracle oracle = Bowl.Oracle();
        using var cancellation = new CancellationTokenSource();

        // It ends for no other reason than that a copy was laid down and written while the run went on.
        new BatchedEngine(oracle).Run(
            [problem],
            progress: _ =>
            {
                if (problem.IsSaved && Checkpoint.Read(Path).Queries > 0)
                {
                    cancellation.Cancel();
                }
            },
            cancellation: cancellation.Token,
            checkpoint: keeper);

        problem.Stop.ShouldBe(StopReason.Cancelled);
    }

    [Fact]
    public void A_checkpoint_cut_off_anywhere_is_refused_in_one_sentence()
    {
        RunUntil(3, 2);
        byte[] whole = File.ReadAllBytes(Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Refusal(() => Checkpoint.Read(Path));
        }
    }

    [Fact]
    public void No_changed_bit_goes_unnoticed()
    {
        RunUntil(3, 2);
        byte[] whole = File.ReadAllBytes(Path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(Path, changed);
            Refusal(() => Checkpoint.Read(Path));
        }
    }

    [Fact]
    public void A_checkpoint_made_to_deceive_is_refused_or_goes_on_within_its_bounds()
    {
        RunUntil(40, 4);
        byte[] whole = File.ReadAllBytes(Path);
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            // A right checksum over wrong content.
            byte[] changed = [.. whole];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                int at = random.Next(HeadLength, changed.Length - 4);
                BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), random.Next(3) switch { 0 => -1, 1 => int.MaxValue, _ => random.Next() });
            }

            SHA256.HashData(changed.AsSpan(HeadLength)).CopyTo(changed, 20);
            File.WriteAllBytes(Path, changed);
            try
            {
                Checkpoint from = Checkpoint.Read(Path);
                Problem[] problems = Problems();
                for (int p = 0; p < problems.Length && from.Runs.Count == 1 && from.Runs[0].Count == problems.Length; p++)
                {
                    if (from.Runs[0][p] is SavedRecord { Content: { Length: > 0 } content })
                    {
                        problems[p].Load(content, Path);
                    }
                }
            }
            catch (InputException e)
            {
                e.Message.ShouldNotContain("\n");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Another_version_or_another_file_is_said_so()
    {
        RunUntil(3, 2);
        byte[] whole = File.ReadAllBytes(Path);
        whole[8] = 7;
        File.WriteAllBytes(Path, whole);
        Refusal(() => Checkpoint.Read(Path)).ShouldContain("version 7");

        File.WriteAllText(Path, "{\"id\": 1, \"content\": \"something else altogether\"}");
        Refusal(() => Checkpoint.Read(Path)).ShouldContain("is not a checkpoint of an attack run");
        CheckpointEnvelope.Write(Path, CheckpointKind.Training, content => content.WriteByte(1));
        Refusal(() => Checkpoint.Read(Path)).ShouldContain("is not a checkpoint of an attack run");
        File.Delete(Path);
        Refusal(() => Checkpoint.Read(Path)).ShouldContain("cannot be read");
    }

    [Fact]
    public void A_checkpoint_that_version_0_1_0_wrote_is_refused_by_its_version()
    {
        string path = System.IO.Path.Combine(AppContext.BaseDirectory, "Engine", "run.version-1.checkpoint");

        Refusal(() => Checkpoint.Read(path)).ShouldBe(
            $"Checkpoint {path} has format version 1, but this program reads version 3; finish it with the program that started it, or remove it and start again.");
    }

    [Theory]
    [InlineData("model", "b", "with model = a, not b; with version = 1, not 2;")]
    [InlineData("model", null, "with model = a, not nothing; with version = 1, not 2;")]
    [InlineData("device", "cuda", "with device = nothing, not cuda; with version = 1, not 2;")]
    public void Another_run_is_refused_by_all_differences(string name, string? value, string says)
    {
        RunUntil(3, 2);
        var other = new RunIdentity { ["model"] = "a", ["version"] = "2" };
        if (value is null)
        {
            other.Remove(name);
        }
        else
        {
            other[name] = value;
        }

        Refusal(() => new CheckpointKeeper(Path, other, [], Checkpoint.Read(Path)).Dispose()).ShouldContain(says);
    }

    [Fact]
    public void Other_problems_are_refused()
    {
        RunUntil(40, 4);
        using var keeper = new CheckpointKeeper(Path, Identity, [], Checkpoint.Read(Path));
        Refusal(() => keeper.Track([.. Problems().Skip(1)])).ShouldContain("it holds 12 problems, but the run has 11");
        Refusal(() => keeper.Track([.. Problems().Reverse()])).ShouldContain("does not belong to this run");
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_says_why_and_leaves_the_last_one()
    {
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(_folder.Path, "gone")).FullName;
        string path = System.IO.Path.Combine(folder, "run.checkpoint");
        using var keeper = new CheckpointKeeper(path, Identity, []);
        Directory.Delete(folder, recursive: true);

        keeper.Write();

        keeper.Failure.ShouldBeAssignableTo<IOException>();
        keeper.Failed.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public void A_lock_keeps_others_out_and_counts_on()
    {
        string path = System.IO.Path.Combine(_folder.Path, "run.lock");
        using (RunLock first = RunLock.Take(path, "there"))
        {
            first.Add(RunCount.Asked, 5);
            first.Add(RunCount.Cached, 3);
            first.Add(RunCount.Asked, 7);
            Refusal(() => RunLock.Take(path, "there").Dispose()).ShouldContain("Another run uses there");
        }

        using RunLock second = RunLock.Take(path, "there");
        Enum.GetValues<RunCount>().Select(second.Count).ShouldBe([12, 0, 0, 3]);
        second.Reset();
        Enum.GetValues<RunCount>().ShouldAllBe(kind => second.Count(kind) == 0);
        second.Remove();
        File.Exists(path).ShouldBeFalse();
        using RunLock third = RunLock.Take(path, "there");
        third.Count(RunCount.Asked).ShouldBe(0);
    }

    private static Problem[] Problems() => [.. Enumerable.Range(0, 12).Select(Bowl.Varied)];

    private static string Refusal(Action action)
    {
        string message = Should.Throw<InputException>(action).Message;
        message.ShouldNotContain("\n");
        return message;
    }

    private void RunUntil(int calls, int inFlight, Checkpoint? from = null)
    {
        using var cancellation = new CancellationTokenSource();
        using var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value)
        {
            OnCall = call =>
            {
                if (call == calls)
                {
                    cancellation.Cancel();
                }
            },
        };
        using var keeper = new CheckpointKeeper(Path, Identity, ["attack"], from);
        Problem[] problems = Problems();
        keeper.Track(problems);
        new BatchedEngine(oracle, inFlight, batchRows: 30).Run(problems, cancellation: cancellation.Token, checkpoint: keeper);
        keeper.Write();
    }

    private WatchedOracle GoOn(Problem[] problems, int inFlight)
    {
        WatchedOracle oracle = Bowl.Oracle();
        using var keeper = new CheckpointKeeper(Path, Identity, ["attack"], Checkpoint.Read(Path));
        keeper.Track(problems);
        new BatchedEngine(oracle, inFlight).Run(problems, checkpoint: keeper);
        return oracle;
    }
}
