using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class StageCheckpointTests : IDisposable
{
    private static readonly RunIdentity Identity = new() { ["seed"] = "1", ["stage"] = "Both" };

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
        written.Write(Path, Identity);
        StageCheckpoint read = StageCheckpoint.Read(Path, Identity);

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
        Checkpoint(weights, 1).Write(Path, Identity);

        StageCheckpoint.Read(Path, Identity).Trainer.Moments.Length.ShouldBe(2 * weights);
    }

    [Fact]
    public void Writing_replaces_what_was_there_and_leaves_nothing_else()
    {
        Checkpoint(2, 1).Write(Path, Identity);
        Checkpoint(3, 1).Write(Path, Identity);

        StageCheckpoint.Read(Path, Identity).Trainer.Weights.Length.ShouldBe(3);
        Directory.GetFileSystemEntries(_folder).ShouldBe([Path]);
    }

    [Theory]
    [InlineData("seed", "2", "seed = 1, not 2")]
    [InlineData("seed", null, "seed = 1, not nothing")]
    [InlineData("added", "yes", "added = nothing, not yes")]
    public void A_checkpoint_of_another_training_is_refused_by_what_differs(string name, string? value, string says)
    {
        Checkpoint(2, 1).Write(Path, Identity);
        var other = new RunIdentity { ["seed"] = "1", ["stage"] = "Update" };
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
        Checkpoint(4, 1).Write(Path, Identity);
        byte[] whole = File.ReadAllBytes(Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Refusal(Identity).ShouldEndWith("start again.");
        }
    }

    [Fact]
    public void No_changed_bit_goes_unnoticed()
    {
        Checkpoint(4, 1).Write(Path, Identity);
        byte[] whole = File.ReadAllBytes(Path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(Path, changed);
            Refusal(Identity).ShouldContain("start again");
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    [InlineData("text")]
    [InlineData("""{"identity":{},"checkpoint":null}""")]
    [InlineData("""{"identity":null,"checkpoint":{}}""")]
    [InlineData("""{"identity":{},"checkpoint":{"stage":"query"}}""")]
    public void Other_content_under_a_right_checksum_is_refused(string json)
    {
        CheckpointEnvelope.Write(Path, CheckpointKind.Training, content => content.Write(System.Text.Encoding.UTF8.GetBytes(json)));

        Refusal(Identity).ShouldContain("is damaged");
    }

    [Fact]
    public void A_checkpoint_that_version_0_1_0_wrote_is_refused_by_its_version()
    {
        File.Copy(System.IO.Path.Combine(AppContext.BaseDirectory, "training.version-1.checkpoint"), Path);

        Refusal(Identity).ShouldBe(
            $"Checkpoint {Path} has format version 1, but this program reads version 3; finish it with the program that started it, or remove it and start again.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("zo run\r\n")]
    public void Another_file_is_refused(string text)
    {
        File.WriteAllText(Path, text);

        Refusal(Identity).ShouldContain("is not a checkpoint of a training");
    }

    [Fact]
    public void A_checkpoint_that_is_not_there_is_said_so()
    {
        Refusal(Identity).ShouldContain("cannot be read");
        Directory.CreateDirectory(Path);
        Refusal(Identity).ShouldContain("cannot be read");
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

    private string Refusal(RunIdentity identity)
    {
        string message = Should.Throw<InputException>(() => StageCheckpoint.Read(Path, identity)).Message;
        message.ShouldNotContain("\n");
        return message;
    }
}
