using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using MLNet.ZerothOrder.Tests.Learned;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>c found by bisection, all of whose queries are the image's.</summary>
public sealed class BisectionTests : IDisposable
{
    private const int Directions = 5;
    private const int Rounds = 4;
    private const int Budget = 400;
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0]);

    // A linear classifier: the margin of the gray image, and its slopes.
    private const double Margin = 0.4;
    private static readonly double[] Slopes = [.. Enumerable.Range(0, 16).Select(i => 1 + Math.Sin(3 * i))];

    private readonly TempFolder _folder = new();

    public static TheoryData<string, DistortionNorm, BoxTransform, int?> Runs
    {
        get
        {
            var data = new TheoryData<string, DistortionNorm, BoxTransform, int?>();
            foreach (string name in new OptimizerRegistry().Names.Concat(["zo-lstm", "zo-lstm-plus"]))
            {
                foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
                {
                    data.Add(name, norm, BoxTransform.Clip, null);
                }

                data.Add(name, DistortionNorm.L2, BoxTransform.Clip, 1);
                if (name != "zo-lstm-plus")
                {
                    data.Add(name, DistortionNorm.L2, BoxTransform.Tanh, null);
                }
            }

            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    // A linear margin m + w · (x − x0) is 0 at distance m / ‖w‖, in the dual norm, and a c above ‖w‖ makes the image itself the minimum.
    [Theory]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void On_a_linear_classifier_it_finds_nearly_the_smallest_change_where_the_c_of_its_first_round_finds_none(DistortionNorm norm)
    {
        double dual = norm switch { DistortionNorm.L1 => Slopes.Max(), DistortionNorm.L2 => Math.Sqrt(Slopes.Sum(w => w * w)), _ => Slopes.Sum() };
        ImageResult Attack(int? rounds) => OnLinear(Optimizer("zo-prox"), new AttackLoss { Norm = norm, DistortionWeight = 3 * dual, BisectionRounds = rounds }, 1500);

        ImageResult found = Attack(8);

        Attack(null).Success.ShouldBeFalse();
        found.Rounds![0].Success.ShouldBeFalse();
        found.Success.ShouldBeTrue();
        found.Distortion!.Of(norm).ShouldBeInRange(Margin / dual * (1 - 1e-5), Margin / dual * 1.1);
    }

    [Fact]
    public void Without_a_success_c_is_not_lowered_until_a_distortion_would_be_rounding()
    {
        var still = new OptimizerSettings { Directions = Directions, StepSize = 1e-6 };
        ImageResult found = OnLinear(new OptimizerRegistry().Create("zo-signsgd", still), new AttackLoss { DistortionWeight = 2, Confidence = 5, BisectionRounds = 20 }, 800);

        found.Success.ShouldBeFalse();
        found.Rounds!.Count.ShouldBe(20);
        found.Rounds.Select(round => round.Weight).Min().ShouldBe(2e-8, 1e-12);
        found.Rounds.ShouldAllBe(round => round.Distortion == null);
    }

    [Fact]
    public void An_image_that_needs_the_queries_of_several_rounds_does_not_begin_each_of_them_anew()
    {
        var slow = new OptimizerSettings { Directions = Directions, StepSize = 0.015 };
        ImageResult Attack(int? rounds, int budget) => OnLinear(new OptimizerRegistry().Create("zo-signsgd", slow), new AttackLoss { DistortionWeight = 1e-3, BisectionRounds = rounds }, budget);

        Attack(null, 200).Success.ShouldBeFalse();
        ImageResult found = Attack(4, 800);

        found.Rounds![0].Success.ShouldBeFalse();
        found.Success.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Its_rounds_raise_c_after_a_gain_and_lower_it_otherwise_and_the_smallest_change_of_all_rounds_is_the_result(string optimizer, DistortionNorm norm, BoxTransform transform, int? target)
    {
        using var oracle = new TinyClassifier();
        AttackOptions options = Options(Rounds) with { Loss = new AttackLoss { DistortionWeight = 0.3, Norm = norm, Transform = transform, Target = target, BisectionRounds = Rounds } };

        AttackResult result = new BlackBoxAttack(oracle, Optimizer(optimizer), options).Run(Images);

        oracle.All.ShouldBe(result.OverheadQueries + result.Runs[0].Images.Sum(image => image.Queries));
        (result.Runs[0].Settings.BisectionRounds, result.Runs[0].Settings.DistortionWeight).ShouldBe((Rounds, 0.3));
        foreach (ImageResult image in result.Runs[0].Images)
        {
            image.Queries.ShouldBeInRange(Budget - (Rounds * (Directions + 1)), Budget);
            image.Rounds!.Count.ShouldBe(Rounds);
            image.Rounds.Sum(round => round.Queries).ShouldBe(image.Queries);
            image.Success.ShouldBe(image.Rounds.Any(round => round.Distortion is not null));
            if (image.Success)
            {
                image.Distortion!.Of(norm).ShouldBe(image.Rounds.Min(round => round.Distortion ?? double.PositiveInfinity), 1e-5);
            }

            double? raised = null, lowered = null;
            double smallest = double.PositiveInfinity, weight = 0.3;
            foreach (BisectionRound round in image.Rounds)
            {
                round.Weight.ShouldBe(weight, 1e-9 * weight);
                round.Success.ShouldBe(round.Distortion <= smallest * 0.999);
                raised = round.Success ? round.Weight : raised;
                lowered = round.Success ? lowered : round.Weight;
                weight = raised is null ? weight / 10 : lowered is null ? weight * 10 : Math.Sqrt(raised.Value * lowered.Value);
                smallest = Math.Min(smallest, round.Distortion ?? double.PositiveInfinity);
            }
        }
    }

    [Theory]
    [InlineData("zo-prox", false)]
    [InlineData("zo-adam", false)]
    [InlineData("zo-adam", true)]
    [InlineData("zo-lstm", false)]
    [InlineData("zo-lstm-plus", false)]
    [InlineData("zo-lstm-plus", true)]
    public void A_run_gives_the_same_bytes_however_it_is_packed_and_resumed(string optimizer, bool whole)
    {
        AttackOptions options = Options(Rounds);
        string[] expected = Outcomes(Run(optimizer, options));
        expected.Length.ShouldBe(4);

        Outcomes(Run(optimizer, options with { BatchRows = 1, InFlight = 1 })).ShouldBe(expected);
        Outcomes(Run(optimizer, options with { BatchRows = 7 })).ShouldBe(expected);
        using var steps = new TinyClassifier();
        if (whole)
        {
            options = options with { Steps = (_, shape) => new RowStepOracle(steps, shape, steps: 2) };
            Outcomes(Run(optimizer, options)).ShouldBe(expected);
        }

        // In the first round, at the end of rounds, in the last one.
        foreach (int seen in new[] { 3, 66, 67, 68, 130, 250 })
        {
            string path = _folder.At($"{seen}.checkpoint");
            using var cancellation = new CancellationTokenSource();
            using (var keeper = new CheckpointKeeper(path, [], []))
            {
                int at = 0;
                Run(optimizer, options, keeper, cancellation.Token, () =>
                {
                    if (++at == seen)
                    {
                        cancellation.Cancel();
                    }
                }).Partial.ShouldBeTrue();
            }

            using var resumed = new CheckpointKeeper(path, [], [], Checkpoint.Read(path));
            Outcomes(Run(optimizer, options, resumed)).ShouldBe(expected);
        }
    }

    [Fact]
    public void An_image_alone_has_the_result_that_it_has_among_others() =>
        Outcomes(new BlackBoxAttack(new TinyClassifier(), Optimizer("zo-prox"), Options(Rounds)).Run(Images.Select([2]))).ShouldBe([Outcomes(Run("zo-prox", Options(Rounds)))[2]]);

    [Fact]
    public void An_early_end_keeps_the_smallest_change_so_far_and_the_rounds_so_far()
    {
        using var cancellation = new CancellationTokenSource();
        int seen = 0;

        ImageResult cut = Run("zo-prox", Options(Rounds) with { Count = 1 }, null, cancellation.Token, () =>
        {
            if (++seen == 40)
            {
                cancellation.Cancel();
            }
        }).Runs[0].Images.Single();

        (cut.StopReason, cut.Success).ShouldBe((StopReason.Cancelled, true));
        cut.Rounds!.Count.ShouldBeInRange(2, 3);
        cut.Rounds.Sum(round => round.Queries).ShouldBe(cut.Queries);
        cut.Distortion!.L1.ShouldBe(cut.Rounds.Min(round => round.Distortion!.Value), 1e-5);
    }

    [Theory]
    [InlineData(7, 1.0)]
    [InlineData(3, 1.0)]
    [InlineData(5, 1.5)]
    public void A_model_that_fails_and_flagged_queries_that_cost_more_never_exceed_the_budget(int every, double flaggedCost)
    {
        using var failing = new TinyClassifier { Change = (key, row, scores) => scores[0] = key.Problem != 0 && row % every == 0 ? float.NaN : scores[0] };
        using var oracle = new RetryingOracle(failing, new RetryOptions { FirstWait = TimeSpan.FromMicroseconds(1), LongestWait = TimeSpan.FromMicroseconds(1), Retries = 20 });
        AttackOptions options = Options(Rounds, 200);

        AttackResult result = new BlackBoxAttack(oracle, Optimizer("zo-prox"), options with { Limits = options.Limits with { FlaggedCost = flaggedCost } }).Run(Images);

        foreach (ImageResult image in result.Runs[0].Images.Where(image => image.Failure is null))
        {
            (image.Queries + image.RetriedQueries + ((flaggedCost - 1) * (image.FlaggedQueries ?? 0))).ShouldBeInRange(140, 200);
            image.RetriedQueries.ShouldBeGreaterThan(0);
        }

        result.Runs[0].Images.ShouldContain(image => image.Failure == null && image.Success);
    }

    [Fact]
    public void Patience_ends_a_round_and_leaves_its_budget_to_the_later_ones()
    {
        AttackOptions options = Options(Rounds, 600);

        ImageResult[] images = [.. Run("zo-prox", options with { Limits = options.Limits with { Patience = 3 } }).Runs[0].Images];

        images.ShouldAllBe(image => image.Rounds!.Count == Rounds);
        images.ShouldContain(image => image.Rounds![0].Queries < 120);
        images.ShouldContain(image => image.StopReason == StopReason.NoImprovement);
    }

    [Fact]
    public void Iterations_are_shared_as_the_budget_is()
    {
        ImageResult image = Run("zo-adam", Options(3) with { Limits = new RunLimits { Iterations = 8 } }).Runs[0].Images[0];

        // Two, three and three steps, and a last iterate each.
        image.Rounds!.Select(round => round.Queries).ShouldBe([(2 * 6) + 1, (3 * 6) + 1, (3 * 6) + 1]);
        (image.StopReason, image.Trace.Count).ShouldBe((StopReason.Iterations, 8 + 3));
    }

    [Fact]
    public void Settings_that_leave_no_room_for_its_rounds_or_no_sense_are_refused()
    {
        AttackOptions options = Options(Rounds);
        string Refusal(AttackOptions wrong) => Should.Throw<InputException>(() => Run("zo-adam", wrong)).Message;

        Refusal(options with { Limits = options.Limits with { Budget = 27 } }).ShouldBe("A budget of 27 has no room for a step of zo-adam and a last iterate in each of the 4 rounds of the bisection; give at least 28, fewer rounds or fewer directions.");
        Run("zo-adam", options with { Limits = options.Limits with { Budget = 28 } }).Runs[0].Images.ShouldAllBe(image => image.Rounds!.Count == 4 && image.Queries == 28);
        Refusal(options with { Limits = new RunLimits { Iterations = 3 } }).ShouldBe("3 iterations have no room for a step in each of the 4 rounds of the bisection; give at least 4, or fewer rounds.");
        Refusal(options with { Limits = options.Limits with { StopOnSuccess = true } }).ShouldStartWith("A bisection of c looks for smaller changes after a success");
        Refusal(options with { Loss = options.Loss with { DistortionWeight = 0 } }).ShouldStartWith("A bisection of c cannot start at c = 0");
        Refusal(options with { Loss = options.Loss with { Epsilon = 0.1 } }).ShouldBe("A bisection of c is for minimal distortion, not for an ℓ1 ball of ε = 0.1; remove it.");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { BisectionRounds = 1 });
    }

    [Fact]
    public void The_sentence_about_a_result_tells_the_c_of_the_smallest_changes()
    {
        string note = BisectionNotes.Of(Run("zo-prox", Options(Rounds))).Single();

        note.ShouldStartWith("zo-prox: a bisection of c in 4 rounds from c = 0.1; the smallest changes were found at c = ");
        note.ShouldEndWith("Losses are told with the first c.");
        BisectionNotes.Of(Run("zo-prox", Options(Rounds) with { Loss = new AttackLoss() })).ShouldBeEmpty();
    }

    private static ImageResult OnLinear(IZerothOrderOptimizer optimizer, AttackLoss loss, int budget)
    {
        using var oracle = new DelegateOracle(Slopes.Length, 2, (input, _, scores) =>
        {
            double margin = Margin;
            for (int i = 0; i < input.Length; i++)
            {
                margin += Slopes[i] * (input[i] - 0.5);
            }

            (scores[0], scores[1]) = ((float)margin, 0);
        });
        var images = new ImageSet("one", new ImageShape(1, 4, 4), [.. Enumerable.Repeat(0.5f, Slopes.Length)], [0]);
        return new BlackBoxAttack(oracle, optimizer, Options(Rounds, budget) with { Loss = loss }).Run(images).Runs[0].Images.Single();
    }

    private static AttackOptions Options(int rounds, int budget = Budget) => new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.1, BisectionRounds = rounds },
        Limits = new RunLimits { Iterations = int.MaxValue, Budget = budget },
        Smoothing = 1e-2,
        Scores = ScoreKind.Logits,
        Levels = null,
    };

    private static IZerothOrderOptimizer Optimizer(string name) => name switch
    {
        "zo-lstm" => new LearnedOptimizer(name, Models.Draw(), null, new LearnedOptions { Directions = Directions }),
        "zo-lstm-plus" => new LearnedProximalOptimizer(name, Models.DrawProximal(), null, Directions),
        _ => new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = Directions, StepSize = 2 }),
    };

    private static AttackResult Run(string optimizer, AttackOptions options, CheckpointKeeper? keeper = null, CancellationToken cancellation = default, Action? step = null)
    {
        using var oracle = new TinyClassifier();
        return new BlackBoxAttack(oracle, Optimizer(optimizer), options).Run(Images, step is null ? null : _ => step(), cancellation, keeper);
    }

    private static string[] Outcomes(AttackResult result) => [.. result.Runs[0].Images.Select(AttackOutcome.Of)];
}
