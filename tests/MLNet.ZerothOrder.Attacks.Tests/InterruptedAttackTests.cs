using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class InterruptedAttackTests
{
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0]);

    private static readonly AttackOptions Options = new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.02 },
        Limits = new RunLimits { Iterations = 40 },
        Smoothing = 1e-3,
        InFlight = 2,
        FailedCalls = 0,
    };

    [Fact]
    public void A_cancelled_attack_returns_what_was_found_checked()
    {
        using var cancellation = new CancellationTokenSource();
        using var oracle = new TinyClassifier();
        AttackResult result = new BlackBoxAttack(oracle, [Adam, Adam], Options).Run(
            Images,
            progress =>
            {
                if (progress.Engine.Finished == 2)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token);

        (result.Partial, result.Failure).ShouldBe((true, null));
        result.Runs.Count.ShouldBe(1, "the second optimizer was not reached");
        result.Runs[0].Images.Select(p => p.StopReason).ShouldBe([StopReason.Iterations, StopReason.Iterations, StopReason.Cancelled, StopReason.Cancelled]);
        result.Runs[0].Images.Take(2).ShouldAllBe(p => p.Success && p.SavedSuccess != null);
        result.OverheadQueries.ShouldBe(4 + (2 * 2));
        oracle.All.ShouldBe(result.OverheadQueries + result.Runs[0].Images.Sum(p => p.Queries));
    }

    [Fact]
    public void An_oracle_that_hears_of_the_end_first_costs_no_results()
    {
        using var cancellation = new CancellationTokenSource();
        using var woken = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        var cancelling = new Thread(cancellation.Cancel);
        using var oracle = new TinyClassifier
        {
            Change = (_, row, _) =>
            {
                if (row == 700)
                {
                    // What was registered last is told first, so the attack's own token hears of the end only after the attack has ended.
                    cancellation.Token.Register(() =>
                    {
                        woken.Set();
                        goesOn.Wait();
                    });
                    cancelling.Start();
                    woken.Wait();
                    throw new OperationCanceledException(cancellation.Token);
                }
            },
        };

        AttackResult result;
        try
        {
            result = new BlackBoxAttack(oracle, [Adam, Adam], Options).Run(Images, cancellation: cancellation.Token);
        }
        finally
        {
            goesOn.Set();
        }

        cancelling.Join();
        (result.Partial, result.Failure).ShouldBe((true, null));
        result.Runs.Count.ShouldBe(1, "the second optimizer was not reached");
        result.Runs[0].Images.ShouldContain(p => p.StopReason == StopReason.Iterations);
        result.Runs[0].Images.ShouldContain(p => p.StopReason == StopReason.Cancelled);
    }

    [Fact]
    public void Cancelled_before_the_first_run_there_is_no_result()
    {
        using var oracle = new TinyClassifier();
        Should.Throw<OperationCanceledException>(() => new BlackBoxAttack(oracle, Adam, Options).Run(Images, cancellation: new CancellationToken(canceled: true)));
        oracle.All.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_oracle_that_fails_in_a_run_leaves_what_was_found_and_what_was_charged(bool inSecondRun)
    {
        // Four clean images, and where it is the second run that fails, the first run and its checks as well.
        long failAt = 4 + (3 * 281) + 50 + (inSecondRun ? (4 * 281) + 8 : 0);
        using var oracle = new TinyClassifier { Change = FailAt(failAt) };

        AttackResult result = new BlackBoxAttack(oracle, [Adam, Adam], Options).Run(Images);

        result.Partial.ShouldBeTrue();
        result.Failure!.Message.ShouldBe("the model caught fire");
        result.Runs.Count.ShouldBe(inSecondRun ? 2 : 1);
        AttackRun failed = result.Runs[^1];
        failed.Images.Count(p => p.StopReason == StopReason.Cancelled).ShouldBeInRange(1, 2);
        ImageResult found = failed.Images.First(p => p.StopReason == StopReason.Iterations);
        (found.Success, found.SavedSuccess).ShouldBe((true, null), "nobody is left to ask");
        if (inSecondRun)
        {
            result.Runs[0].Images.ShouldAllBe(p => p.StopReason == StopReason.Iterations && p.SavedSuccess != null);
        }

        (result.OverheadQueries + result.Runs.Sum(r => r.Images.Sum(p => p.Queries))).ShouldBeGreaterThanOrEqualTo(oracle.All);
    }

    [Fact]
    public void An_oracle_that_fails_at_the_last_check_leaves_the_unchecked_results()
    {
        using var oracle = new TinyClassifier { Change = FailAt(4 + (4 * 281) + 3) };
        AttackResult result = new BlackBoxAttack(oracle, Adam, Options).Run(Images);
        (result.Partial, result.Failure?.Message).ShouldBe((true, "the model caught fire"));
        result.Runs[0].Images.ShouldAllBe(p => p.StopReason == StopReason.Iterations && p.Success && p.SavedSuccess == null && p.Adversarial != null);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(50)]
    public void An_oracle_that_fails_before_the_first_run_leaves_nothing(int failAt)
    {
        // Within the clean images' check, and within the measurement of μ.
        using var oracle = new TinyClassifier { Change = FailAt(failAt) };
        Should.Throw<OracleException>(() => new BlackBoxAttack(oracle, Adam, Options with { Smoothing = null }).Run(Images)).Message.ShouldBe("the model caught fire");
    }

    [Fact]
    public void Smoothing_is_measured_before_any_run_so_that_its_failure_loses_none()
    {
        // The first optimizer brings its own μ; the second one's is measured, and that fails.
        IZerothOrderOptimizer own = new OptimizerRegistry().Create("zo-adam", new OptimizerSettings { Directions = 6, Smoothing = 1e-3 });
        using var oracle = new TinyClassifier { Change = FailAt(50) };
        Should.Throw<OracleException>(() => new BlackBoxAttack(oracle, [own, Adam], Options with { Smoothing = null }).Run(Images));
        oracle.All.ShouldBeLessThan(200);
    }

    [Fact]
    public void A_score_that_is_not_finite_names_the_image()
    {
        using var oracle = new TinyClassifier { Change = (key, _, scores) => scores[1] = key.Problem != 0 && key.Step == 2 ? float.NaN : scores[1] };
        AttackResult result = new BlackBoxAttack(oracle, Adam, Options).Run(Images);
        result.Failure!.Message.ShouldBe("The oracle gave NaN as a score for image 0 at step 2; scores must be finite numbers.");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 3)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    public void An_attack_that_goes_on_from_its_checkpoint_ends_as_one_without_interruption_and_asks_no_check_twice(int run, int finished)
    {
        // μ is measured, the clean images are checked, and so are the results: all of it is asked outside the problems.
        AttackOptions options = Options with { Smoothing = null };
        using var undisturbed = new TinyClassifier();
        AttackResult whole = new BlackBoxAttack(undisturbed, [Adam, Adam], options).Run(Images);
        using var folder = new Data.TempFolder();
        string path = folder.At("run.checkpoint");
        using var cancellation = new CancellationTokenSource();
        using var first = new TinyClassifier();
        using (var keeper = new CheckpointKeeper(path, new RunIdentity(), []))
        {
            AttackResult cut = new BlackBoxAttack(first, [Adam, Adam], options).Run(
                Images,
                progress =>
                {
                    if (progress.Run == run && progress.Engine.Finished >= finished)
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token,
                keeper);
            cut.Partial.ShouldBeTrue();
        }

        Checkpoint from = Checkpoint.Read(path);
        using var second = new TinyClassifier();
        using (var keeper = new CheckpointKeeper(path, new RunIdentity(), [], from))
        {
            AttackResult resumed = new BlackBoxAttack(second, [Adam, Adam], options).Run(Images, checkpoint: keeper);

            (resumed.Partial, resumed.OverheadQueries).ShouldBe((false, whole.OverheadQueries));
            resumed.Runs.Select(r => r.Settings).ShouldBe(whole.Runs.Select(r => r.Settings));
            resumed.Runs.SelectMany(r => r.Images).Select(AttackOutcome.Of).ShouldBe(whole.Runs.SelectMany(r => r.Images).Select(AttackOutcome.Of));
            second.All.ShouldBe(undisturbed.All - from.Queries, "what was answered for good is not asked again");
        }
    }

    private static IZerothOrderOptimizer Adam => BlackBoxAttackTests.Optimizer("zo-adam");

    private static Action<RowKey, long, float[]> FailAt(long row) => (_, number, _) =>
    {
        if (number == row)
        {
            throw new OracleException("the model caught fire");
        }
    };
}
