using MLNet.ZerothOrder.Tests.Engine;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Whole trainings with one backend and the other.</summary>
public sealed class BackendsTests
{
    // Adam divides by the gradient's size, so that where an entry is nearly 0 rounding decides about its sign: 1e-3 is what is seen.
    private const double Nearly = 1e-2;

    public BackendsTests() => NeedsLibtorch.OrSkip();

    public static TheoryData<string> Learners => TinyTraining.Learners;

    [SkippableTheory]
    [MemberData(nameof(Learners))]
    public void Both_give_the_same_meta_gradients_on_the_problems_of_a_training(string kind)
    {
        var twins = new Twins();
        Train(kind, twins);

        // 6 pairs of problems, each cut into 5 + 5 + 2 steps; through a frozen UpdateRNN each takes two calls.
        twins.Calls.ShouldBe(kind == "query" ? 72 : 36);
        twins.InputCalls.ShouldBe(kind == "query" ? 36 : 0);
        twins.Difference.ShouldBeLessThan(1e-4);
    }

    [SkippableTheory]
    [MemberData(nameof(Learners))]
    public void Both_learn_nearly_the_same_optimizer(string kind)
    {
        TrainingCheckpoint managed = Train(kind, new ManagedBackend()), torchSharp = Train(kind, new TorchSharpBackend());

        double moved = Distance(managed.Weights, [.. TinyTraining.Learner(kind).Initial.Values]);
        moved.ShouldBeGreaterThan(0.1);
        Distance(managed.Weights, torchSharp.Weights).ShouldBeLessThan(Nearly * moved);
        torchSharp.BestLoss.ShouldBe(managed.BestLoss, Nearly * managed.BestLoss);
    }

    [SkippableTheory]
    [MemberData(nameof(Learners))]
    public void A_training_gives_the_same_bits_every_time_on_any_number_of_threads(string kind)
    {
        TrainingCheckpoint first = Train(kind, new TorchSharpBackend());

        MustBeSame(Train(kind, new TorchSharpBackend()), first);
    }

    [SkippableTheory]
    [MemberData(nameof(Learners))]
    public void A_training_goes_on_from_its_checkpoint_to_the_same_bits(string kind)
    {
        TrainingCheckpoint whole = Train(kind, new TorchSharpBackend());

        MustBeSame(Train(kind, new TorchSharpBackend(), Half(kind, new TorchSharpBackend())), whole);
    }

    [SkippableTheory]
    [MemberData(nameof(Learners))]
    public void A_training_goes_on_from_the_other_backends_checkpoint(string kind)
    {
        TrainingCheckpoint whole = Train(kind, new ManagedBackend());
        double moved = Distance(whole.Weights, [.. TinyTraining.Learner(kind).Initial.Values]);

        TrainingCheckpoint toTorchSharp = Train(kind, new TorchSharpBackend(), Half(kind, new ManagedBackend()));
        TrainingCheckpoint toManaged = Train(kind, new ManagedBackend(), Half(kind, new TorchSharpBackend()));

        foreach (TrainingCheckpoint mixed in (TrainingCheckpoint[])[toTorchSharp, toManaged])
        {
            Distance(mixed.Weights, whole.Weights).ShouldBeLessThan(Nearly * moved);
            (mixed.ProblemsDone, mixed.Queries, mixed.AdamSteps).ShouldBe((whole.ProblemsDone, whole.Queries, whole.AdamSteps));
        }
    }

    [SkippableFact]
    public void A_training_leaves_no_tensor()
    {
        Train("query", new TorchSharpBackend());
        long live = LiveTensors.Settled();

        Train("query", new TorchSharpBackend());

        LiveTensors.Now.ShouldBeLessThanOrEqualTo(live);
    }

    private static TrainingCheckpoint Train(string kind, ITrainingBackend backend, TrainingCheckpoint? from = null)
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        var trainer = new Trainer(oracle, TinyTraining.Problems(0, 7), TinyTraining.Problems(7, 3), TinyTraining.Learner(kind), TinyTraining.Options, backend);
        if (from is not null)
        {
            trainer.Load(from);
        }

        trainer.Run();
        return trainer.Save();
    }

    // After the first of three epochs.
    private static TrainingCheckpoint Half(string kind, ITrainingBackend backend)
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        using var cancellation = new CancellationTokenSource();
        var trainer = new Trainer(oracle, TinyTraining.Problems(0, 7), TinyTraining.Problems(7, 3), TinyTraining.Learner(kind), TinyTraining.Options, backend);
        Should.Throw<OperationCanceledException>(() => trainer.Run(checkpoint: cancellation.Cancel, cancellation: cancellation.Token));
        TrainingCheckpoint checkpoint = trainer.Save();
        checkpoint.ProblemsDone.ShouldBe(4);
        return checkpoint;
    }

    private static void MustBeSame(TrainingCheckpoint actual, TrainingCheckpoint expected)
    {
        actual.Weights.ShouldBe(expected.Weights);
        actual.BestWeights.ShouldBe(expected.BestWeights);
        actual.BestLoss.ShouldBe(expected.BestLoss);
        actual.Moments.ShouldBe(expected.Moments);
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());
}
