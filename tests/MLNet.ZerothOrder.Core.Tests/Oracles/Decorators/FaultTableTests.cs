using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Attacks;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Every fault against every optimizer, behind the decorators and without them.</summary>
public sealed class FaultTableTests
{
    private const int Budget = 90;
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0, 1]);

    public static TheoryData<Fault, string, bool> Table
    {
        get
        {
            var data = new TheoryData<Fault, string, bool>();
            foreach (Fault fault in Enum.GetValues<Fault>())
            {
                foreach (string optimizer in new OptimizerRegistry().Names.Concat(new OptimizerRegistry().Methods))
                {
                    data.Add(fault, optimizer, false);
                    data.Add(fault, optimizer, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Behind_the_decorators_no_fault_changes_a_result_or_breaks_a_budget(Fault fault, string optimizer, bool hasBudget)
    {
        AttackOptions options = Options(hasBudget);
        bool isMethod = new OptimizerRegistry().Methods.Contains(optimizer);
        if (isMethod)
        {
            // A step may be a single query or more than the usual budget, and there is no last iterate.
            IZerothOrderOptimizer method = new OptimizerRegistry().Create(optimizer);
            options = options with { Loss = Losses.First(method.Fits), Limits = new RunLimits { Iterations = Math.Max(3, 40 / (method.Directions + 1)), Budget = hasBudget ? Math.Max(30, method.Directions + 11) : null } };
        }

        AttackResult clean = Run(new FaultyOracle(null), optimizer, options);
        var time = new ManualTime();
        using var faulty = new FaultyOracle(fault, seed: 5, rate: fault == Fault.Hang ? isMethod ? 0.06 : 0.02 : 0.15, time);
        using var stack = new RetryingOracle(
            new RepeatCheckOracle(new TimeoutOracle(faulty, TimeSpan.FromSeconds(30), mostAbandoned: 1000, time), everyCalls: 1, tolerance: 0),
            new RetryOptions { Retries = 8 }, new ManualTime(firesAtOnce: true));

        AttackResult result = Run(stack, optimizer, options);

        faulty.Faults.ShouldBeGreaterThan(0);
        // Where a budget has no room for checks, exchanged answers stay unseen.
        Check(result, clean, faulty, options.Limits.Budget ?? long.MaxValue, sameResults: !hasBudget || fault is not (Fault.Permuted or Fault.Stale), isMethod);
        if (!hasBudget)
        {
            result.Runs[0].Images.ShouldAllBe(p => p.Failure == null);
        }
    }

    [Theory]
    [InlineData(Fault.Throw)]
    [InlineData(Fault.NotANumber)]
    [InlineData(Fault.Infinite)]
    [InlineData(Fault.Short)]
    public void Without_decorators_a_fault_sets_its_own_images_aside_alone(Fault fault)
    {
        AttackOptions options = Options(hasBudget: true);
        AttackResult clean = Run(new FaultyOracle(null), "zo-adam", options);
        foreach (int call in (int[])[3, 5, 9])
        {
            using var faulty = new FaultyOracle(fault) { Fails = number => number == call };
            AttackResult result = Run(faulty, "zo-adam", options);

            faulty.Faults.ShouldBe(1);
            (result.Failure, result.Partial).ShouldBe((null, false));
            Check(result, clean, faulty, Budget);
            ImageResult[] aside = [.. result.Runs[0].Images.Where(p => p.Failure is not null)];
            aside.Length.ShouldBeInRange(1, 4);
            aside.ShouldAllBe(p => p.StopReason == StopReason.Failed);
            AttackStatistics.From(result.Runs[0].Images).Failed.ShouldBe(aside.Length);
        }
    }

    [Fact]
    public void An_oracle_that_is_gone_ends_the_attack_after_as_many_calls_as_were_allowed()
    {
        AttackOptions options = Options(hasBudget: true) with { FailedCalls = 3, InFlight = 1 };
        using var faulty = new FaultyOracle(Fault.Throw) { Fails = number => number > 4 };
        AttackResult result = Run(faulty, "zo-adam", options);

        faulty.Faults.ShouldBe(3);
        result.Failure!.Message.ShouldBe("the model caught fire");
        result.Partial.ShouldBeTrue();
        result.Runs[0].Images.Select(p => p.StopReason).ShouldBe([StopReason.Failed, StopReason.Failed, StopReason.Failed, StopReason.Cancelled, StopReason.Cancelled]);
    }

    [Fact]
    public void Where_every_image_was_set_aside_the_attack_has_failed()
    {
        using var faulty = new FaultyOracle(Fault.Throw) { Fails = number => number == 4 };
        AttackResult result = Run(faulty, "zo-adam", Options(hasBudget: true) with { Count = 1 });
        result.Runs[0].Images.ShouldHaveSingleItem().Failure.ShouldNotBeNull();
        result.Failure!.Message.ShouldBe("the model caught fire");
    }

    [Fact]
    public void An_image_whose_clean_scores_fail_is_skipped_with_the_reason()
    {
        using var faulty = new FaultyOracle(Fault.NotANumber) { Fails = number => number == 1 };
        AttackResult result = Run(faulty, "zo-adam", Options(hasBudget: true));
        SkippedImage skipped = result.Skipped.ShouldHaveSingleItem();
        (skipped.Index, skipped.Predicted).ShouldBe((1, -1));
        skipped.Reason.ShouldStartWith("not scored: The oracle gave NaN");
        result.Runs[0].Images.Select(p => p.Index).ShouldBe([0, 2, 3, 4]);
    }

    private static IEnumerable<AttackLoss> Losses =>
    [
        .. Enum.GetValues<DistortionNorm>().Select(norm => new AttackLoss { Norm = norm, Epsilon = 0.05 }),
        new AttackLoss { Pixels = 2 },
        .. Enum.GetValues<DistortionNorm>().Select(norm => new AttackLoss { Norm = norm, LabelsOnly = true }),
    ];

    private static AttackOptions Options(bool hasBudget) => new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.02 },
        Limits = new RunLimits { Iterations = 12, Budget = hasBudget ? Budget : null },
        Smoothing = 1e-3,
        Scores = ScoreKind.Logits,
        InFlight = 3,
        BatchRows = 14,
    };

    private static AttackResult Run(IQueryOracle oracle, string optimizer, AttackOptions options)
    {
        IZerothOrderOptimizer made = new OptimizerRegistry().Create(optimizer, new OptimizerSettings { Directions = 6, StepSize = 0.01 });
        return new BlackBoxAttack(oracle, made, options).Run(Images);
    }

    private static void Check(AttackResult result, AttackResult clean, FaultyOracle faulty, long budget, bool sameResults = true, bool isMethod = false)
    {
        var keys = new BlackBoxAttack(faulty, new OptimizerRegistry().Create("zo-sgd"), new AttackOptions());
        foreach (ImageResult image in result.Runs[0].Images)
        {
            ulong key = keys.ProblemKey(Images.Image(image.Index).Span, image.Label, 0).Value;
            long sent = faulty.RowsOf(key);
            sent.ShouldBeLessThanOrEqualTo(image.Queries + image.RetriedQueries);
            (image.Queries + image.RetriedQueries).ShouldBeLessThanOrEqualTo(budget);
            if (image.Failure is not null)
            {
                image.Failure.Message.ShouldNotBeEmpty();
                continue;
            }

            sent.ShouldBe(image.Queries + image.RetriedQueries);
            if (!sameResults)
            {
                continue;
            }

            ImageResult same = clean.Runs[0].Images.Single(p => p.Index == image.Index);
            if (image.RetriedQueries == 0 || budget == long.MaxValue)
            {
                image.Trace.ShouldBe(same.Trace);
                (image.Queries, image.StopReason, image.Success).ShouldBe((same.Queries, same.StopReason, same.Success));
                (image.Adversarial?.ToArray()).ShouldBe(same.Adversarial?.ToArray());
            }
            else
            {
                // The last step of a method may have had room for fewer points.
                int kept = image.Trace.Count - (isMethod ? 1 : 0);
                image.Trace.Take(kept).ShouldBe(same.Trace.Take(kept), "retries may only end a run early");
            }
        }
    }
}
