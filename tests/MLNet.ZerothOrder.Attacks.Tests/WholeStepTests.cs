using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Learned;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Attacks whose steps are asked whole, here of an oracle that asks row by row itself.</summary>
public sealed class WholeStepTests
{
    private const int Directions = 6;
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0, 1, 2]);

    private static readonly AttackOptions Options = new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.02 },
        Limits = new RunLimits { Iterations = 30 },
        Smoothing = 1e-3,
    };

    public static TheoryData<string, BoxTransform, int?, bool> Runs => new()
    {
        { "zo-sgd", BoxTransform.Clip, null, false },
        { "zo-adam", BoxTransform.Tanh, null, false },
        { "zo-signsgd", BoxTransform.Clip, 1, true },
        { "zo-lstm", BoxTransform.Clip, null, false },
        { "zo-prox-plain", BoxTransform.Clip, null, false },
        { "zo-prox-plain", BoxTransform.Tanh, 2, true },
        { "zo-lstm-plus", BoxTransform.Clip, null, false },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_attack_is_the_same_bit_for_bit(string optimizer, BoxTransform transform, int? target, bool antithetic)
    {
        EstimateKind kind = antithetic ? EstimateKind.Antithetic : EstimateKind.Forward;
        AttackOptions options = Options with
        {
            Loss = Options.Loss with { Transform = transform, Target = target },
            Limits = new RunLimits { Iterations = 30, Budget = 150 },
        };
        using var rows = new TinyClassifier();
        using var whole = new TinyClassifier(concurrency: 2);
        string expected = Outcome(new BlackBoxAttack(rows, Optimizer(optimizer, kind), options).Run(Images));

        AttackResult result = new BlackBoxAttack(whole, Optimizer(optimizer, kind), options with { Steps = Whole(whole) }).Run(Images);

        Outcome(result).ShouldBe(expected);
        whole.All.ShouldBe(rows.All);
        result.Runs[0].Images.ShouldAllBe(p => p.Queries <= 150);
    }

    [Theory]
    [InlineData("zo-scd")]
    [InlineData("guided-es")]
    [InlineData("zo-prox")]
    public void Steps_of_other_directions_are_asked_row_by_row(string optimizer)
    {
        using var oracle = new TinyClassifier();
        AttackOptions options = Options with { Levels = null, Steps = (_, _) => throw new InvalidOperationException("No steps of this optimizer can be asked whole.") };

        AttackResult result = new BlackBoxAttack(oracle, Optimizer(optimizer, EstimateKind.Forward), options).Run(Images);

        result.Runs[0].Images.ShouldAllBe(p => p.Queries == (30 * (Directions + 1)) + 1);
        Should.Throw<ArgumentException>(() => new BatchedEngine(oracle).Run(
            [new Problem("p", new AttackObjective(Images.Image(0), 0, 3, new AttackLoss()), Optimizer(optimizer, EstimateKind.Forward), 1e-3f, RandomKey.FromSeed(1), new RunLimits())],
            steps: new RowStepOracle(oracle, new StepShape(Directions), 1)))
            .Message.ShouldContain("cannot be answered as whole steps");
    }

    [Fact]
    public void A_step_without_finite_scores_sets_its_image_aside_and_the_others_go_on()
    {
        float[] bad = Images.Image(2).ToArray();
        using var oracle = new TinyClassifier();
        using var failing = new Failing(oracle, bad, throws: false);

        AttackResult result = new BlackBoxAttack(oracle, Optimizer("zo-adam", EstimateKind.Forward), Options with { Steps = Whole(failing) }).Run(Images);

        result.Runs[0].Images.Select(p => p.StopReason == StopReason.Failed).ShouldBe([false, false, true, false, false, false]);
        result.Runs[0].Images[2].Queries.ShouldBe(Directions + 1);
    }

    [Fact]
    public void A_call_that_fails_ends_the_attack_where_no_failure_is_allowed_and_its_queries_stay_charged()
    {
        using var oracle = new TinyClassifier();
        using var failing = new Failing(oracle, Images.Image(2).ToArray(), throws: true);

        AttackResult result = new BlackBoxAttack(oracle, Optimizer("zo-adam", EstimateKind.Forward), Options with { Steps = Whole(failing), FailedCalls = 0 }).Run(Images);

        result.Failure!.Message.ShouldBe("no answer");
        result.Runs[0].Images.ShouldAllBe(p => p.Queries == Directions + 1);
    }

    [Fact]
    public void A_round_allocates_nothing()
    {
        using var oracle = new TinyClassifier();
        using var steps = new RowStepOracle(new Quiet(), new StepShape(Directions), 2);
        Problem[] problems =
        [
            .. Enumerable.Range(0, 3).Select(i => new Problem(
                "p", new AttackObjective(Images.Image(i), Images.Label(i), 3, new AttackLoss()), Optimizer("zo-adam", EstimateKind.Forward), 1e-3f, RandomKey.FromSeed(i), new RunLimits { Iterations = 30 })),
        ];
        var allocated = new long[3 * 31];
        int at = 0;

        new BatchedEngine(new Quiet(), inFlight: 3).Run(problems, progress: _ => allocated[at++] = GC.GetAllocatedBytesForCurrentThread(), steps: steps);

        // The last rounds are of last iterates, which are asked as ever.
        (allocated[80] - allocated[20]).ShouldBe(0);
    }

    private static Func<AttackLoss, StepShape, IStepOracle?> Whole(IQueryOracle oracle) =>
        (_, shape) => new RowStepOracle(oracle, shape, steps: 2);

    private static IZerothOrderOptimizer Optimizer(string name, EstimateKind kind) => name switch
    {
        "zo-lstm" => new LearnedOptimizer(name, Models.Draw()),
        "zo-lstm-plus" => new LearnedProximalOptimizer(name, Models.DrawProximal()),
        _ => new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = Directions, StepSize = 2, Estimate = kind }),
    };

    private static string Outcome(AttackResult result) => string.Join('\n', result.Runs[0].Images.Select(AttackOutcome.Of));

    /// <summary>Scores nothing, and allocates nothing.</summary>
    private sealed class Quiet : IQueryOracle
    {
        public int InputLength => TinyClassifier.Shape.Length;

        public int ScoreLength => TinyClassifier.Classes;

        public void Score(QueryBatch batch)
        {
            for (int row = 0; row < batch.Rows; row++)
            {
                batch.Input(row)[..TinyClassifier.Classes].CopyTo(batch.Score(row));
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Fails near one image.</summary>
    private sealed class Failing(TinyClassifier oracle, float[] image, bool throws) : IQueryOracle
    {
        public int InputLength => oracle.InputLength;

        public int ScoreLength => oracle.ScoreLength;

        public void Score(QueryBatch batch)
        {
            oracle.Score(batch);
            for (int row = 0; row < batch.Rows; row++)
            {
                if (SimdKernels.LInfDistance(batch.Input(row), image) < 0.1)
                {
                    if (throws)
                    {
                        throw new OracleException("no answer");
                    }

                    batch.Fail(row, new OracleException("no answer"));
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
