using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class CheckpointFileTests : IDisposable
{
    private static readonly Dictionary<string, string> Options = new() { ["seed"] = "1", ["stage"] = "Both" };

    private readonly string _folder = Directory.CreateTempSubdirectory("zo-checkpoint-tests-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "a.checkpoint");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1.25)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_checkpoint_comes_back_bit_for_bit(double bestLoss)
    {
        StageCheckpoint written = Checkpoint(1000, bestLoss);
        CheckpointFile.Write(Path, Options, written);
        StageCheckpoint read = CheckpointFile.Read(Path, Options);

        read.Stage.ShouldBe(written.Stage);
        read.Update.ShouldBe(written.Update);
        (read.Queries, read.ValidationQueries).ShouldBe((written.Queries, written.ValidationQueries));
        read.Trainer.Weights.ShouldBe(written.Trainer.Weights);
        read.Trainer.BestWeights.ShouldBe(written.Trainer.BestWeights);
        read.Trainer.Moments.ShouldBe(written.Trainer.Moments);
        BitConverter.DoubleToInt64Bits(read.Trainer.BestLoss).ShouldBe(BitConverter.DoubleToInt64Bits(bestLoss));
        TrainingCheckpoint t = read.Trainer;
        (t.ProblemsDone, t.AdamSteps, t.Queries, t.ValidationQueries, t.SuppliedGradients, t.SkippedSteps).ShouldBe((3, 4, 5L, 6L, 7L, 8));
    }

    [Fact]
    public void The_checkpoint_of_the_largest_network_is_read()
    {
        int weights = RnnWeights.Count(LearnedProximalOptimizer.NetworkInputs, RnnWeights.MaxHidden, true, LearnedProximalOptimizer.NetworkOutputs, true);
        CheckpointFile.Write(Path, Options, Checkpoint(weights, 1));

        CheckpointFile.Read(Path, Options).Trainer.Moments.Length.ShouldBe(2 * weights);
    }

    [Fact]
    public void Writing_replaces_what_was_there_and_leaves_nothing_else()
    {
        CheckpointFile.Write(Path, Options, Checkpoint(2, 1));
        CheckpointFile.Write(Path, Options, Checkpoint(3, 1));

        CheckpointFile.Read(Path, Options).Trainer.Weights.Length.ShouldBe(3);
        Directory.GetFileSystemEntries(_folder).ShouldBe([Path]);
    }

    [Theory]
    [InlineData("seed", "2", "seed = 1, not 2")]
    [InlineData("seed", null, "seed = 1, not nothing")]
    [InlineData("added", "yes", "added = nothing, not yes")]
    public void A_checkpoint_of_other_options_is_refused_by_the_first_that_differs(string name, string? value, string says)
    {
        CheckpointFile.Write(Path, Options, Checkpoint(2, 1));
        var other = new Dictionary<string, string>(Options) { ["stage"] = "Update" };
        if (value is null)
        {
            other.Remove(name);
        }
        else
        {
            other[name] = value;
        }

        Refusal(other).ShouldContain(says);
    }

    [Fact]
    public void No_cut_off_checkpoint_is_read()
    {
        CheckpointFile.Write(Path, Options, Checkpoint(4, 1));
        byte[] whole = File.ReadAllBytes(Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Refusal(Options).ShouldEndWith("start anew.");
        }
    }

    [Fact]
    public void No_changed_digit_goes_unnoticed()
    {
        CheckpointFile.Write(Path, Options, Checkpoint(4, 1));
        byte[] whole = File.ReadAllBytes(Path);
        int[] digits = [.. Enumerable.Range(0, whole.Length).Where(i => char.IsAsciiDigit((char)whole[i]))];
        digits.ShouldNotBeEmpty();
        foreach (int i in digits)
        {
            byte[] changed = [.. whole];
            changed[i] = (byte)(changed[i] == '9' ? '8' : changed[i] + 1);
            File.WriteAllBytes(Path, changed);
            Refusal(Options).ShouldContain("start anew");
        }
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("null", "is not a training's checkpoint")]
    [InlineData("{}", "start anew")]
    [InlineData("[1, 2]", "cannot be read")]
    [InlineData("text", "cannot be read")]
    [InlineData("""{"version":1,"sha256":null,"content":null}""", "start anew")]
    [InlineData("""{"version":2,"sha256":"","content":""}""", "version 2")]
    [InlineData("""{"version":1,"sha256":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b","content":"null"}""", "is not a training's checkpoint")]
    [InlineData("""{"version":1,"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","content":"{}"}""", "start anew")]
    public void Something_else_is_refused(string text, string says)
    {
        File.WriteAllText(Path, text);

        Refusal(Options).ShouldContain(says);
    }

    [Fact]
    public void A_checkpoint_that_is_not_there_is_said_so()
    {
        Refusal(Options).ShouldBe($"There is no checkpoint {Path} to go on from; start without --resume.");
        Directory.CreateDirectory(Path);
        Refusal(Options).ShouldContain("There is no checkpoint");
    }

    private static StageCheckpoint Checkpoint(int weights, double bestLoss)
    {
        // Of every size that floats have.
        float[] singles = [.. Enumerable.Range(0, weights).Select(i => (float)(Math.Sin(i + 1) * Math.Pow(10, -(i % 30))))];
        double[] doubles = [.. Enumerable.Range(0, weights).Select(i => Math.Cos(i + 1) * Math.Pow(10, -(i % 200)))];
        return new StageCheckpoint
        {
            Stage = "query",
            Update = [.. singles.Reverse()],
            Queries = 1L << 40,
            ValidationQueries = 2,
            Trainer = new TrainingCheckpoint
            {
                ProblemsDone = 3,
                Weights = singles,
                BestWeights = [.. singles.Select(s => -s)],
                BestLoss = bestLoss,
                Moments = [.. doubles, .. doubles.Select(d => d / 3)],
                AdamSteps = 4,
                Queries = 5,
                ValidationQueries = 6,
                SuppliedGradients = 7,
                SkippedSteps = 8,
            },
        };
    }

    private string Refusal(Dictionary<string, string> options)
    {
        string message = Should.Throw<InputException>(() => CheckpointFile.Read(Path, options)).Message;
        message.ShouldNotContain("\n");
        return message;
    }
}
