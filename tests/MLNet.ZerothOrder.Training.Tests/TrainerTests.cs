using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Tests.Engine;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TrainerTests
{
    public static TheoryData<string> Learners => TinyTraining.Learners;

    [Theory]
    [InlineData("update", 0.5)]
    [InlineData("proximal", 0.2)]
    public void Training_lowers_the_validation_loss(string kind, double gain)
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        var states = new List<TrainingProgress>();
        TrainerOptions options = TinyTraining.Options with { Problems = 80, Epoch = 20, SideBySide = 4, Objective = MetaObjective.Logarithmic };

        LearnedModel model = TinyTraining.Trainer(oracle, kind, options).Run(states.Add);

        states.Count.ShouldBe(5);
        model.ValidationLoss.ShouldBe(states.Min(s => s.ValidationLoss));

        // In logarithms: half of the loss is 0.7. A proximal step starts from the hand-made one, which is good already.
        model.ValidationLoss.ShouldBeLessThan(states[0].ValidationLoss - gain);
        states[^1].FinalLoss.ShouldBeLessThan(states[0].FinalLoss);
    }

    [Fact]
    public void Training_QueryRNN_behind_an_UpdateRNN_that_works_lowers_the_validation_loss()
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        TrainerOptions options = TinyTraining.Options with { Problems = 60, Epoch = 20, SideBySide = 4, Objective = MetaObjective.Logarithmic };
        RnnWeights update = TinyTraining.Trainer(oracle, "update", options).Run().Update;
        Learner learner = Learner.Query(update, RnnWeights.Draw(RandomKey.FromSeed(1), 2, 4), TinyTraining.Directions);
        var states = new List<TrainingProgress>();

        LearnedModel model = new Trainer(oracle, TinyTraining.Problems(0, 7), TinyTraining.Problems(7, 10), learner, options).Run(states.Add);

        model.ValidationLoss.ShouldBeLessThan(states[0].ValidationLoss);
        model.Update.ShouldBeSameAs(update);
    }

    [Fact]
    public void Drawn_horizons_lie_in_their_range_and_validation_is_spread_over_it()
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        TrainerOptions options = TinyTraining.Options with { ShortestHorizon = 3, Horizon = 12, SideBySide = 1 };
        (options.HorizonAt(0), options.HorizonAt(0.5), options.HorizonAt(1)).ShouldBe((3, 6, 12));
        Trainer trainer = TinyTraining.Trainer(oracle, "gated", options);

        trainer.Run();

        // A problem of T steps asks its q + 1 and 6 more rows at each, none of the 6 at the start but as many at the end, and the last iterate.
        const int PerStep = TinyTraining.Directions + 1 + 6;
        (trainer.Queries - options.Problems).ShouldBeInRange(options.Problems * PerStep * 3, options.Problems * PerStep * 12);
        ((trainer.Queries - options.Problems) % PerStep).ShouldBe(0);
        int[] horizons = [.. Enumerable.Range(0, 3).Select(i => options.HorizonAt((i + 0.5) / 3))];
        horizons.ShouldBe([4, 6, 10]);
        trainer.ValidationQueries.ShouldBe(4 * horizons.Sum(t => ((TinyTraining.Directions + 1) * t) + 1));
    }

    [Theory]
    [MemberData(nameof(Learners))]
    public void Going_on_from_a_checkpoint_gives_the_bits_of_the_uninterrupted_run(string kind)
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        var checkpoints = new List<TrainingCheckpoint>();
        Trainer whole = TinyTraining.Trainer(oracle, kind);
        whole.Run(checkpoint: () => checkpoints.Add(whole.Save()));
        checkpoints.Select(c => c.ProblemsDone).ShouldBe([4, 8, 12]);

        foreach (TrainingCheckpoint checkpoint in checkpoints)
        {
            Trainer resumed = TinyTraining.Trainer(oracle, kind);
            resumed.Load(checkpoint);
            resumed.LearningRate.ShouldBe(TinyTraining.Options.LearningRate);
            resumed.Run();
            MustEqual(resumed.Save(), whole.Save());
        }
    }

    [Theory]
    [MemberData(nameof(Learners))]
    public void How_rows_are_packed_and_how_many_threads_ask_does_not_matter(string kind)
    {
        TrainingCheckpoint? expected = null;
        foreach ((int concurrency, int preferredRows) in ((int, int)[])[(1, 64), (1, 1), (1, 7), (3, 5), (4, 1000)])
        {
            using WatchedOracle oracle = TinyTraining.Oracle(concurrency, preferredRows);
            Trainer trainer = TinyTraining.Trainer(oracle, kind);
            trainer.Run();
            expected ??= trainer.Save();
            MustEqual(trainer.Save(), expected);
        }
    }

    [Fact]
    public void The_gradient_of_problems_side_by_side_is_the_mean_of_those_of_each_alone()
    {
        // One truncation each, of weights that do not move.
        TrainerOptions options = TinyTraining.Options with { Problems = 4, Epoch = 1, Horizon = 3, Truncation = 3, Clamp = 1e9, LearningRate = 1e-30 };
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer together = TinyTraining.Trainer(oracle, options: options with { SideBySide = 4 });
        together.Run();
        Trainer alone = TinyTraining.Trainer(oracle, options: options with { SideBySide = 1 });
        double[] before = FirstMoments(alone), sum = new double[before.Length];
        alone.Run(checkpoint: () =>
        {
            // Adam's first moment is m ← 0.9 m + 0.1 g.
            double[] first = FirstMoments(alone);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += (first[i] - (0.9 * before[i])) / 0.1;
            }

            before = first;
        });

        double scale = sum.Max(Math.Abs);
        scale.ShouldBeGreaterThan(0);
        FirstMoments(together).Zip(sum, (m, g) => Math.Abs((m / 0.1) - (g / 4))).Max().ShouldBeLessThan(1e-12 * scale);
    }

    [Fact]
    public void More_side_by_side_than_there_are_problems_left_are_as_many_as_there_are()
    {
        TrainingCheckpoint[] saved = [.. new[] { 3, 100 }.Select(side =>
        {
            using WatchedOracle oracle = TinyTraining.Oracle();
            Trainer trainer = TinyTraining.Trainer(oracle, options: TinyTraining.Options with { Problems = 3, SideBySide = side });
            trainer.Run();
            trainer.ProblemsDone.ShouldBe(3);
            return trainer.Save();
        })];

        MustEqual(saved[1], saved[0]);
    }

    [Theory]
    [InlineData("directions:6", 5)]
    [InlineData("directions:6", 100)]
    [InlineData("coordinatewise", 5)]
    [InlineData("supplied", 12)]
    public void Queries_are_those_that_the_oracle_counts(string gradient, int truncation)
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        TrainerOptions options = TinyTraining.Options with
        {
            Truncation = truncation,
            Gradient = gradient == "supplied" ? MetaGradient.Supplied(TinyTraining.Gradient) : MetaGradient.Parse(gradient),
        };
        Trainer trainer = TinyTraining.Trainer(oracle, options: options);
        long told = 0;

        trainer.Run(state => told = state.Queries);

        int step = TinyTraining.Directions + 1;
        trainer.Queries.ShouldBe(12 * ((12 * (step + options.Gradient.Rows(TinyTraining.Dimension))) + 1));
        trainer.ValidationQueries.ShouldBe(4 * 3 * ((12 * step) + 1));
        (trainer.Queries + trainer.ValidationQueries).ShouldBe(oracle.Rows.Values.Sum());
        told.ShouldBe(trainer.Queries + trainer.ValidationQueries);
    }

    [Fact]
    public void Only_supplied_gradients_are_supplied()
    {
        int calls = 0;
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer black = TinyTraining.Trainer(oracle), white = TinyTraining.Trainer(oracle, options: TinyTraining.Options with
        {
            Gradient = MetaGradient.Supplied((problem, theta, gradient) =>
            {
                Interlocked.Increment(ref calls);
                TinyTraining.Gradient(problem, theta, gradient);
            }),
        });

        black.Run();
        white.Run();

        black.SuppliedGradients.ShouldBe(0);
        calls.ShouldBe(12 * 12);
        white.SuppliedGradients.ShouldBe(calls);
    }

    [Fact]
    public void A_gradient_that_is_not_a_number_is_left_out_and_counted_and_the_best_weights_stay()
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer trainer = TinyTraining.Trainer(oracle, options: TinyTraining.Options with { Gradient = MetaGradient.Supplied((_, _, gradient) => gradient.Fill(float.NaN)) });
        var states = new List<TrainingProgress>();

        LearnedModel model = trainer.Run(states.Add);

        // 3 truncations of each of the 6 pairs of problems.
        trainer.SkippedSteps.ShouldBe(18);
        states.Select(s => s.SkippedSteps).ShouldBe([0, 6, 12, 18]);
        states.ShouldAllBe(s => s.LearningRate == TinyTraining.Options.LearningRate);
        float[] initial = [.. TinyTraining.Learner("update").Initial.Values];
        trainer.Save().Weights.ShouldBe(initial);
        model.Update.Values.ToArray().ShouldBe(initial);
    }

    [Fact]
    public void One_bad_gradient_among_good_ones_costs_one_step()
    {
        int calls = 0;
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer trainer = TinyTraining.Trainer(oracle, options: TinyTraining.Options with
        {
            SideBySide = 1,
            Gradient = MetaGradient.Supplied((problem, theta, gradient) =>
            {
                TinyTraining.Gradient(problem, theta, gradient);
                gradient[0] = ++calls == 40 ? float.PositiveInfinity : gradient[0];
            }),
        });

        trainer.Run();

        trainer.SkippedSteps.ShouldBe(1);
        trainer.Save().AdamSteps.ShouldBe((12 * 3) - 1);
        trainer.Save().Weights.ShouldAllBe(w => float.IsFinite(w));
    }

    [Fact]
    public void The_best_weights_are_those_of_the_lowest_validation_loss()
    {
        int calls = 0;
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer trainer = TinyTraining.Trainer(oracle, options: TinyTraining.Options with
        {
            Problems = 24,
            SideBySide = 1,
            LearningRate = 0.05,
            Gradient = MetaGradient.Supplied((problem, theta, gradient) =>
            {
                TinyTraining.Gradient(problem, theta, gradient);

                // The second half of the training unlearns.
                if (++calls > 12 * 12)
                {
                    System.Numerics.Tensors.TensorPrimitives.Negate(gradient, gradient);
                }
            }),
        });
        var weights = new List<float[]>();
        var states = new List<TrainingProgress>();

        LearnedModel model = trainer.Run(
            state =>
            {
                states.Add(state);
                weights.Add(trainer.Save().Weights);
            });

        int best = states.FindIndex(s => s.ValidationLoss == states.Min(o => o.ValidationLoss));
        best.ShouldBeInRange(1, states.Count - 2);
        model.Update.Values.ToArray().ShouldBe(weights[best]);
        model.ValidationLoss.ShouldBe(states[best].ValidationLoss);
        states.Select(s => s.IsBest).ShouldBe(states.Select((s, i) => states.Take(i).All(o => s.ValidationLoss < o.ValidationLoss)));
        (model.Seed, model.Smoothing, model.Directions).ShouldBe((1L, 1e-3f, TinyTraining.Directions));
    }

    [Fact]
    public void The_learning_rate_falls_along_a_cosine_to_its_last_share()
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        TrainerOptions options = TinyTraining.Options with { Problems = 8, Epoch = 2, FinalRate = 0.1 };
        Trainer trainer = TinyTraining.Trainer(oracle, options: options);
        var rates = new List<double>();

        trainer.Run(state => rates.Add(state.LearningRate));

        double[] expected = [.. Enumerable.Range(0, 5).Select(i => 0.02 * (0.1 + (0.9 * (1 + Math.Cos(Math.PI * i / 4)) / 2)))];
        rates.Zip(expected, (rate, e) => Math.Abs(rate - e)).Max().ShouldBeLessThan(1e-15);
    }

    [Fact]
    public void Elements_are_clamped_and_a_problems_gradient_can_be_shortened()
    {
        const double Clamp = 1e-4, Clip = 1e-3;
        double[] First(TrainerOptions options)
        {
            using WatchedOracle oracle = TinyTraining.Oracle();
            Trainer trainer = TinyTraining.Trainer(oracle, options: options);
            trainer.Run();
            return [.. FirstMoments(trainer).Select(m => m / 0.1)];
        }

        // One change of the weights.
        TrainerOptions options = TinyTraining.Options with { Problems = 1, SideBySide = 1, Epoch = 1, Horizon = 3, Truncation = 3, Clamp = 1e9 };
        double[] plain = First(options), clamped = First(options with { Clamp = Clamp }), shortened = First(options with { ProblemClip = Clip });

        double length = Math.Sqrt(plain.Sum(g => g * g));
        length.ShouldBeGreaterThan(Clip);
        clamped.Zip(plain, (c, g) => Math.Abs(c - Math.Clamp(g, -Clamp, Clamp))).Max().ShouldBeLessThan(1e-12);
        shortened.Zip(plain, (s, g) => Math.Abs(s - (g * Clip / length))).Max().ShouldBeLessThan(1e-9);
        First(options with { ProblemClip = 2 * length }).ShouldBe(plain);
    }

    [Fact]
    public void A_score_that_is_not_a_number_ends_the_training_and_names_the_problem()
    {
        using var oracle = new WatchedOracle(TinyTraining.Dimension, (input, key) => key.Step == 3 && input.Length > 0 ? double.NaN : input[0]);
        Trainer trainer = TinyTraining.Trainer(oracle);

        Should.Throw<OracleException>(() => trainer.Run()).Message.ShouldMatch("NaN as a score for problem [0-9]+ at step 3");
    }

    [Fact]
    public void A_training_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer trainer = TinyTraining.Trainer(oracle);

        Should.Throw<OperationCanceledException>(() => trainer.Run(
            state =>
            {
                if (state.Done == 4)
                {
                    cancellation.Cancel();
                }
            },
            cancellation: cancellation.Token));

        trainer.ProblemsDone.ShouldBe(4);
    }

    [Fact]
    public void A_checkpoint_of_another_network_and_a_training_without_problems_are_refused()
    {
        using WatchedOracle oracle = TinyTraining.Oracle();
        Trainer trainer = TinyTraining.Trainer(oracle);
        TrainingProblem[] problems = TinyTraining.Problems(0, 1);
        Learner learner = TinyTraining.Learner("update");

        Should.Throw<InputException>(() => trainer.Load(TinyTraining.Trainer(oracle, "query").Save())).Message.ShouldContain("resume with the options");
        Should.Throw<InputException>(() => new Trainer(oracle, [], problems, learner)).Message.ShouldContain("no problem to learn on");
        Should.Throw<InputException>(() => new Trainer(oracle, problems, [], learner)).Message.ShouldContain("no problem to validate on");
    }

    [Fact]
    public void The_time_left_is_that_of_the_problems_left()
    {
        var state = new TrainingProgress(30, 100, 0, 0, false, 0, 0, 0, 0, 0, TimeSpan.FromSeconds(10), 5);

        state.TimeLeft.ShouldBe(TimeSpan.FromSeconds(140));
        (state with { DoneInRun = 0 }).TimeLeft.ShouldBeNull();
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        var options = new TrainerOptions();

        Should.Throw<ArgumentOutOfRangeException>(() => options with { Problems = 0 }).ParamName.ShouldBe("Problems");
        Should.Throw<ArgumentOutOfRangeException>(() => options with { SideBySide = 0 }).ParamName.ShouldBe("SideBySide");
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Epoch = 0 }).ParamName.ShouldBe("Epoch");
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Horizon = 0 }).ParamName.ShouldBe("Horizon");
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Truncation = 0 }).ParamName.ShouldBe("Truncation");
        Should.Throw<ArgumentOutOfRangeException>(() => options with { LearningRate = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { LearningRate = double.NaN });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { FinalRate = 1.1 });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Epsilon = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Clamp = -1 });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { ProblemClip = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Regularization = double.PositiveInfinity });
        Should.Throw<ArgumentOutOfRangeException>(() => options with { Smoothing = 2 });
        Should.Throw<ArgumentOutOfRangeException>(() => MetaGradient.Directions(0));
    }

    private static double[] FirstMoments(Trainer trainer)
    {
        double[] moments = trainer.Save().Moments;
        return moments[..(moments.Length / 2)];
    }

    private static void MustEqual(TrainingCheckpoint actual, TrainingCheckpoint expected)
    {
        Bits(actual.Weights).ShouldBe(Bits(expected.Weights));
        Bits(actual.BestWeights).ShouldBe(Bits(expected.BestWeights));
        actual.Moments.ShouldBe(expected.Moments);
        (actual.ProblemsDone, actual.BestLoss, actual.AdamSteps, actual.Queries, actual.ValidationQueries, actual.SkippedSteps).ShouldBe(
            (expected.ProblemsDone, expected.BestLoss, expected.AdamSteps, expected.Queries, expected.ValidationQueries, expected.SkippedSteps));

        static uint[] Bits(float[] values) => MemoryMarshal.Cast<float, uint>(values).ToArray();
    }
}
