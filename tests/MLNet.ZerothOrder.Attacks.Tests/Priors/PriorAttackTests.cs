using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Attacks on <c>mnist-lenet</c> and generated digits that start from priors made by hand.</summary>
public sealed class PriorAttackTests : IDisposable
{
    private const int Count = 10;
    private static readonly ImageSet Digits = GeneratedDigits.Create(40);
    private static readonly LinearPrior Good = Means();
    private static readonly AttackLoss Minimal = new();
    private static readonly AttackLoss Ball = new() { Norm = DistortionNorm.LInfinity, Epsilon = 0.15 };

    private readonly OnnxClassifierOracle _oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-lenet.onnx"), Digits, new OnnxOracleOptions { Threads = 2 });
    private readonly TempFolder _folder = new();

    public static TheoryData<string, bool> Runs => new() { { "zo-prox", false }, { "zo-adam", false }, { "zo-prox", true }, { "square", true }, { "signhunter", true }, { "nes", true } };

    public void Dispose()
    {
        _oracle.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("zo-prox", false)]
    [InlineData("square", true)]
    public void A_prior_of_class_means_saves_more_than_half_of_the_queries(string optimizer, bool inBall)
    {
        AttackLoss loss = inBall ? Ball with { Epsilon = 0.3 } : Minimal;
        double without = QueriesToSuccess(ToSuccess(optimizer, inBall, null, loss));
        double with = QueriesToSuccess(ToSuccess(optimizer, inBall, Good, loss));

        with.ShouldBeLessThan(0.5 * without);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_wrong_prior_costs_at_most_15_percent_of_the_queries(string optimizer, bool inBall)
    {
        double without = QueriesToSuccess(ToSuccess(optimizer, inBall, null));
        foreach (LinearPrior wrong in new[] { LinearPrior.OfNoise(Digits.Shape.Length, 10), Good.Turned(), Good.Foreign() })
        {
            QueriesToSuccess(ToSuccess(optimizer, inBall, wrong)).ShouldBeLessThanOrEqualTo(1.15 * without);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_query_is_counted_and_stays_within_the_budget(string optimizer, bool inBall)
    {
        long asked = 0;
        var counted = new CountedOracle(_oracle, rows => Interlocked.Add(ref asked, rows));

        AttackResult result = Run(counted, optimizer, inBall, Good, budget: 60);

        result.Runs[0].Images.ShouldAllBe(image => image.Queries <= 60);
        asked.ShouldBe(result.OverheadQueries + result.Runs[0].Images.Sum(image => image.Queries));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_gives_the_same_bytes_however_it_is_packed_and_resumed(string optimizer, bool inBall)
    {
        string[] expected = Outcomes(Run(_oracle, optimizer, inBall, Good, budget: 70));

        Outcomes(Run(_oracle, optimizer, inBall, Good, budget: 70, batchRows: 1)).ShouldBe(expected);
        Outcomes(Run(_oracle, optimizer, inBall, Good, budget: 70, batchRows: 7)).ShouldBe(expected);
        foreach (int steps in new[] { 3, 20 })
        {
            string path = _folder.At($"{steps}.checkpoint");
            using var cancellation = new CancellationTokenSource();
            using (var keeper = new CheckpointKeeper(path, [], []))
            {
                int seen = 0;
                Attack(optimizer, inBall, Good, 70, null).Run(
                    Digits,
                    _ =>
                    {
                        if (++seen == steps)
                        {
                            cancellation.Cancel();
                        }
                    },
                    cancellation.Token, keeper);
            }

            using var resumed = new CheckpointKeeper(path, [], [], Checkpoint.Read(path));
            Outcomes(Attack(optimizer, inBall, Good, 70, null).Run(Digits, checkpoint: resumed)).ShouldBe(expected);
        }
    }

    [Fact]
    public void A_bisection_of_c_asks_the_points_of_a_prior_once_and_resumes_to_the_same_bytes()
    {
        AttackLoss loss = Minimal with { BisectionRounds = 3 };
        AttackResult whole = Attack("zo-prox", false, Good, 150, null, loss: loss).Run(Digits);

        foreach (ImageResult image in whole.Runs[0].Images)
        {
            image.Queries.ShouldBeLessThanOrEqualTo(150);
            image.Rounds!.Count.ShouldBe(3);
            ((image.Rounds[0].Queries - 1) % 21).ShouldBeInRange(1, 9, "the points of the prior");
            image.Rounds.Skip(1).ShouldAllBe(round => round.Queries % 21 == 1);
        }

        foreach (int steps in new[] { 5, 40, 70 })
        {
            string path = _folder.At($"{steps}.checkpoint");
            using var cancellation = new CancellationTokenSource();
            using (var keeper = new CheckpointKeeper(path, [], []))
            {
                int seen = 0;
                Attack("zo-prox", false, Good, 150, null, loss: loss).Run(
                    Digits,
                    _ =>
                    {
                        if (++seen == steps)
                        {
                            cancellation.Cancel();
                        }
                    },
                    cancellation.Token, keeper);
            }

            using var resumed = new CheckpointKeeper(path, [], [], Checkpoint.Read(path));
            Outcomes(Attack("zo-prox", false, Good, 150, null, loss: loss).Run(Digits, checkpoint: resumed)).ShouldBe(Outcomes(whole));
        }
    }

    [Fact]
    public void The_points_of_a_prior_are_the_first_iteration_and_the_settings_tell_its_queries()
    {
        AttackResult result = Run(_oracle, "zo-prox", false, Good, iterations: 3);

        foreach (ImageResult image in result.Runs[0].Images)
        {
            image.Trace.Count.ShouldBe(4);
            image.Queries.ShouldBeInRange((2 * 21) + 2, (2 * 21) + 9);
            image.Trace.ShouldAllBe(loss => double.IsFinite(loss));
        }

        RunSettings settings = result.Runs[0].Settings;
        (settings.Prior, settings.PriorSha256, settings.PriorQueries).ShouldBe(("by hand", "0123", 77));
    }

    [Fact]
    public void A_prior_that_does_not_fit_is_refused_with_its_name()
    {
        Refused.With(() => Run(_oracle, "zo-prox", false, LinearPrior.OfNoise(784, 7)), "by hand", "7 classes", "10");
        Refused.With(() => Run(_oracle, "zo-prox", false, LinearPrior.OfNoise(100, 10)), "by hand", "100", "784");
        Refused.With(() => Run(_oracle, "rays", false, Good, loss: Ball with { LabelsOnly = true }), "by hand", "scores", "labels");
        Refused.With(() => Run(_oracle, "sparse-rs", false, Good, loss: new AttackLoss { Pixels = 5 }), "by hand", "pixels");
        Refused.With(() => Run(_oracle, "zo-prox", false, Good, loss: new AttackLoss { Transform = BoxTransform.Tanh }), "by hand", "clip");
    }

    private static double QueriesToSuccess(AttackResult result) => result.Runs[0].Images.Average(image => image.QueriesToFirstSuccess ?? image.Queries);

    private static string[] Outcomes(AttackResult result) => [.. result.Runs[0].Images.Select(AttackOutcome.Of)];

    private static LinearPrior Means()
    {
        ImageSet training = GeneratedDigits.Create(300, GeneratedDigits.TrainSeed);
        return LinearPrior.OfMeans([.. Enumerable.Range(0, training.Count).Select(i => (training.Image(i), training.Label(i)))], 10);
    }

    private AttackResult Run(
        IQueryOracle oracle, string optimizer, bool inBall, IDirectionPrior? prior, long? budget = null, int? batchRows = null, int? iterations = null, AttackLoss? loss = null) =>
        Attack(optimizer, inBall, prior, budget, batchRows, iterations, loss, oracle).Run(Digits);

    private AttackResult ToSuccess(string optimizer, bool inBall, IDirectionPrior? prior, AttackLoss? loss = null) =>
        Attack(optimizer, inBall, prior, 600, null, loss: loss, stops: true).Run(Digits);

    private BlackBoxAttack Attack(
        string optimizer, bool inBall, IDirectionPrior? prior, long? budget, int? batchRows, int? iterations = null, AttackLoss? loss = null, IQueryOracle? oracle = null, bool stops = false) =>
        new(oracle ?? _oracle, new OptimizerRegistry().Create(optimizer), new AttackOptions
        {
            Loss = loss ?? (inBall ? Ball : Minimal),
            Limits = new RunLimits { Iterations = iterations ?? int.MaxValue, Budget = budget ?? (iterations is null ? 600 : null), StopOnSuccess = stops },
            Smoothing = 1e-3,
            Count = Count,
            Levels = null,
            Prior = prior,
            BatchRows = batchRows,
        });
}
