using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class OptimizerTrainingTests : IDisposable
{
    private const int Hidden = 2;
    private const int Directions = 3;
    private const int Validation = 2;

    private static readonly TrainerOptions UpdateOptions = new()
    {
        Problems = 6,
        SideBySide = 2,
        Epoch = 2,
        Horizon = 5,
        Truncation = 2,
        LearningRate = 0.05,
        FinalRate = 1,
        Gradient = MetaGradient.Directions(4),
        Smoothing = 1e-3,
    };

    private static readonly TrainerOptions QueryOptions = UpdateOptions with { Problems = 4 };

    private readonly BinaryClassification _task = new(seed: 1, datasets: 6, dimension: 5, samples: 20, minibatch: 4);

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData(TrainingStage.Update)]
    [InlineData(TrainingStage.Query)]
    [InlineData(TrainingStage.Both)]
    [InlineData(TrainingStage.Proximal)]
    public void Going_on_from_any_checkpoint_gives_the_same_model_and_counts(TrainingStage stage)
    {
        var checkpoints = new List<StageCheckpoint>();
        OptimizerTraining whole = Training(stage);
        byte[] model = OptimizerFile.ToBytes(whole.Run(save: checkpoints.Add));

        checkpoints.Select(c => $"{c.Stage} {c.Trainer.ProblemsDone}").ShouldBe(
        [
            .. stage is TrainingStage.Update or TrainingStage.Both ? ["update 2", "update 4", "update 6"] : Array.Empty<string>(),
            .. stage is TrainingStage.Query or TrainingStage.Both ? ["query 2", "query 4"] : Array.Empty<string>(),
            .. stage is TrainingStage.Proximal ? ["proximal 2", "proximal 4", "proximal 6"] : Array.Empty<string>(),
        ]);
        foreach (StageCheckpoint checkpoint in checkpoints)
        {
            OptimizerTraining resumed = Training(stage);
            OptimizerFile.ToBytes(resumed.Run(resume: checkpoint)).ShouldBe(model);
            (resumed.Queries, resumed.ValidationQueries, resumed.SuppliedGradients).ShouldBe((whole.Queries, whole.ValidationQueries, 0L));
        }
    }

    [Theory]
    [InlineData(TrainingStage.Update, 6, 4)]
    [InlineData(TrainingStage.Query, 4, 3)]
    [InlineData(TrainingStage.Both, 10, 7)]
    [InlineData(TrainingStage.Proximal, 6, 4)]
    public void A_problem_costs_q_1_and_N_queries_a_step_and_one_in_the_end(TrainingStage stage, int problems, int validations)
    {
        OptimizerTraining training = Training(stage);
        training.Run();

        training.Queries.ShouldBe(problems * ((5 * (Directions + 1 + 4)) + 1));
        training.ValidationQueries.ShouldBe(validations * Validation * ((5 * (Directions + 1)) + 1));
        training.SuppliedGradients.ShouldBe(0);
    }

    [Fact]
    public void Both_stages_are_one_after_the_other()
    {
        LearnedModel update = Training(TrainingStage.Update).Run();
        LearnedModel both = Training(TrainingStage.Both).Run();

        update.Query.ShouldBeNull();
        both.Query.ShouldNotBeNull();
        both.Update.Values.ToArray().ShouldBe(update.Update.Values.ToArray());
        OptimizerTraining query = new(_task, Problems(0, 4), Problems(4, Validation), TrainingStage.Query, Hidden, Directions, UpdateOptions, QueryOptions, update);
        OptimizerFile.ToBytes(query.Run()).ShouldBe(OptimizerFile.ToBytes(both));
    }

    [Fact]
    public void The_model_is_that_of_the_lowest_validation_and_says_how_it_was_learned()
    {
        var losses = new List<double>();
        LearnedModel model = Training(TrainingStage.Update).Run((stage, state) =>
        {
            stage.ShouldBe("update");
            losses.Add(state.ValidationLoss);
        });

        losses.Distinct().Count().ShouldBe(4);
        model.ValidationLoss.ShouldBe(losses.Min());
        (model.Directions, model.Smoothing, model.Seed, model.Hidden).ShouldBe((Directions, 1e-3f, 1L, Hidden));
    }

    [Fact]
    public void A_cancelled_training_has_the_best_so_far_also_right_after_going_on()
    {
        using var cancellation = new CancellationTokenSource();
        var checkpoints = new List<StageCheckpoint>();
        OptimizerTraining training = Training(TrainingStage.Both);
        training.Best.ShouldBeNull();
        Should.Throw<OperationCanceledException>(() => training.Run(
            (stage, state) =>
            {
                if (stage == "query" && state.Done == 2)
                {
                    cancellation.Cancel();
                }
            },
            checkpoints.Add, cancellation: cancellation.Token));
        LearnedModel best = training.Best.ShouldNotBeNull();
        best.Query.ShouldNotBeNull();

        OptimizerTraining resumed = Training(TrainingStage.Both);
        Should.Throw<OperationCanceledException>(() => resumed.Run(resume: checkpoints[^1], cancellation: cancellation.Token));
        OptimizerFile.ToBytes(resumed.Best.ShouldNotBeNull()).ShouldBe(OptimizerFile.ToBytes(best));
        (resumed.Queries, resumed.ValidationQueries).ShouldBe((training.Queries, training.ValidationQueries));
        resumed.Validations.Select(v => (v.Stage, v.State.Done, v.State.ValidationLoss)).ShouldBe(training.Validations.Select(v => (v.Stage, v.State.Done, v.State.ValidationLoss)));
    }

    [Fact]
    public void QueryRnn_needs_an_UpdateRnn()
    {
        Should.Throw<InputException>(() => new OptimizerTraining(
            _task, Problems(0, 4), Problems(4, Validation), TrainingStage.Query, Hidden, Directions, UpdateOptions, QueryOptions)).Message.ShouldContain("behind an UpdateRNN");

        var checkpoints = new List<StageCheckpoint>();
        Training(TrainingStage.Both).Run(save: checkpoints.Add);
        Should.Throw<InputException>(() => Training(TrainingStage.Both).Run(resume: checkpoints[^1] with { Update = null })).Message.ShouldContain("lacks the UpdateRNN");
    }

    [Theory]
    [InlineData(TrainingStage.Query)]
    [InlineData(TrainingStage.Both)]
    public void Problems_of_one_step_have_nothing_for_QueryRnn(TrainingStage stage)
    {
        LearnedModel initial = Training(TrainingStage.Update).Run();

        Should.Throw<InputException>(() => new OptimizerTraining(
            _task, Problems(0, 4), Problems(4, Validation), stage, Hidden, Directions, UpdateOptions, QueryOptions with { Horizon = 1 }, initial)).Message
            .ShouldContain("A horizon of 1 step leaves QueryRNN nothing to learn");
    }

    [Theory]
    [InlineData(TrainingStage.Proximal, Hidden)]
    [InlineData(TrainingStage.Both, Hidden + 1)]
    public void Other_networks_to_start_from_are_refused(TrainingStage stage, int hidden)
    {
        LearnedModel initial = Training(TrainingStage.Update).Run();

        Should.Throw<InputException>(() => new OptimizerTraining(
            _task, Problems(0, 4), Problems(4, Validation), stage, hidden, Directions, UpdateOptions, QueryOptions, initial)).Message
            .ShouldContain($"of the paper architecture with {Hidden} hidden units");
    }

    [Theory]
    [InlineData(TrainingStage.Both)]
    [InlineData(TrainingStage.Proximal)]
    public void A_target_that_always_says_the_same_is_refused_though_the_distortion_has_a_slope(TrainingStage stage)
    {
        using var oracle = new DelegateOracle(4, 3, static (_, _, scores) => scores.Clear());
        var loss = new AttackLoss { DistortionWeight = 0.5 };
        TrainingProblem[] problems = TrainingProblem.Attacks(new Data.ImageSet("grey", new Data.ImageShape(1, 2, 2), [.. Enumerable.Repeat(0.5f, 12)], [0, 0, 0]), 3, loss);
        var training = new OptimizerTraining(oracle, problems[..2], problems[2..], stage, Hidden, Directions, UpdateOptions, QueryOptions);

        Should.Throw<InputException>(() => training.Run()).Message.ShouldContain("scores did not change in any query");
    }

    [Fact]
    public void An_older_gated_network_keeps_its_inputs_in_further_training()
    {
        RnnWeights older = Models.DrawGated(hidden: Hidden, hasQuery: false, inputs: GatedStep.OlderInputs).Update;
        var training = new OptimizerTraining(
            _task, Problems(0, 4), Problems(4, Validation), TrainingStage.Update, Hidden, Directions, UpdateOptions, QueryOptions, new LearnedModel(older), kind: LearnedKind.Gated);
        LearnedModel? first = null;

        training.Run((_, _) => first ??= training.Best);

        first!.Update.Values.ToArray().ShouldBe(older.Values.ToArray());
        training.Best!.Update.Inputs.ShouldBe(GatedStep.OlderInputs);
    }

    private OptimizerTraining Training(TrainingStage stage)
    {
        LearnedModel? initial = stage == TrainingStage.Query ? Training(TrainingStage.Update).Run() : null;
        return new OptimizerTraining(_task, Problems(0, 4), Problems(4, Validation), stage, Hidden, Directions, UpdateOptions, QueryOptions, initial);
    }

    private TrainingProblem[] Problems(int from, int count) => TrainingProblem.Datasets(_task, from, count);
}
