using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class ThreatModelTests
{
    private const int Budget = 60;
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0]);

    public static TheoryData<string, string> Cases => ThreatCases.All;

    public static TheoryData<string, string> MethodCases => ThreatCases.OfMethods;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_asked_image_and_every_result_is_an_allowed_one(string name, string threat)
    {
        // Three channels, sides that differ, and pixels on and off the faces of the box.
        var shape = new ImageShape(3, 6, 5);
        float[] image = [.. Enumerable.Range(0, shape.Length).Select(i => (i % 7) switch { 0 => 0f, 1 => 1f, _ => (float)(((i * 29) % 97) / 97.0) })];
        AttackLoss loss = ThreatCases.Loss(threat);
        var asked = new List<float[]>();
        using var oracle = new DelegateOracle(shape.Length, 2, (input, key, scores) =>
        {
            (scores[0], scores[1]) = (0, 0);
            for (int i = 0; i < input.Length; i++)
            {
                scores[1] += (float)(Math.Sin(i) * (input[i] - image[i]));
            }

            scores[0] = 0.4f;
            if (key.Problem != 0)
            {
                asked.Add([.. input]);
            }
        });
        var images = new ImageSet("one", shape, image, [0]);

        ImageResult result = new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, 100)).Run(images).Runs[0].Images.Single();

        asked.Count.ShouldBe((int)result.Queries);
        asked.ShouldAllBe(input => input.All(pixel => pixel >= 0 && pixel <= 1));
        foreach (float[] input in loss.LabelsOnly ? [] : asked)
        {
            IsAllowed(loss, shape, image, input).ShouldBeTrue();
        }

        if (result.Success)
        {
            IsAllowed(loss, shape, image, result.Adversarial!.Value.Span).ShouldBeTrue();
            result.Distortion!.Of(loss.Norm).ShouldBeLessThanOrEqualTo(loss.Epsilon ?? double.PositiveInfinity);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_result_that_has_to_hold_as_a_file_is_an_allowed_file(string name, string threat)
    {
        AttackLoss loss = ThreatCases.Loss(threat);
        using var oracle = new TinyClassifier();
        ImageResult[] results = [.. new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, 200, stops: true) with { Levels = 256 }).Run(TinyClassifier.Files(Images)).Runs[0].Images];
        foreach (ImageResult result in results)
        {
            result.Queries.ShouldBeLessThanOrEqualTo(200);
            result.Success.ShouldBe(result.SavedSuccess == true);
            if (result.Success)
            {
                float[] file = result.Adversarial!.Value.ToArray();
                file.ShouldAllBe(pixel => pixel == (float)Math.Round(pixel * 255.0) / 255);
                TinyClassifier.Classify(file).ShouldNotBe(result.Label);
                result.Distortion!.Of(loss.Norm).ShouldBeLessThanOrEqualTo((loss.Epsilon ?? double.PositiveInfinity) * (1 + 1e-6));
                file.Zip(result.Original.ToArray()).Count(pair => pair.First != pair.Second).ShouldBeLessThanOrEqualTo(loss.Pixels ?? int.MaxValue);
            }
        }
    }

    [Theory]
    [InlineData("signhunter")]
    [InlineData("square")]
    public void Between_the_corners_of_a_ball_of_whole_levels_no_success_is_lost_to_rounding(string name)
    {
        using var oracle = new TinyClassifier();
        int successes = 0;
        for (int levels = 1; levels <= 64; levels++)
        {
            AttackOptions options = ThreatCases.Options("linf 1", 60, stops: true) with { Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = levels / 255.0 } };
            IReadOnlyList<ImageResult> floats = new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options).Run(TinyClassifier.Files(Images)).Runs[0].Images;
            IReadOnlyList<ImageResult> files = new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options with { Levels = 256 }).Run(TinyClassifier.Files(Images)).Runs[0].Images;
            files.Select(image => image.Success).ShouldBe(floats.Select(image => image.Success), $"{levels}/255");
            successes += files.Count(image => image.Success);
        }

        successes.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void A_ball_that_holds_no_other_file_is_refused()
    {
        using var oracle = new TinyClassifier();
        AttackOptions options = ThreatCases.Options("linf 0.02", 10) with { Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.003 } };
        Should.Throw<InputException>(() => new BlackBoxAttack(oracle, ThreatCases.Optimizer("square"), options with { Levels = 256 }).Run(Images)).Message.ShouldContain("1/255");
        new BlackBoxAttack(oracle, ThreatCases.Optimizer("square"), options).Run(Images).Runs[0].Images.Count.ShouldBe(4);
    }

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void However_the_queries_of_a_method_are_packed_and_after_a_resume_the_bytes_are_the_same(string name, string threat)
    {
        AttackOptions options = ThreatCases.Options(threat, Budget) with { InFlight = 3 };
        string[] expected = Run(options);

        Run(options with { BatchRows = 1 }).ShouldBe(expected);
        Run(options with { BatchRows = 7, InFlight = 1 }).ShouldBe(expected);
        Run(options, concurrency: 3).ShouldBe(expected);
        for (int i = 0; i < Images.Count; i++)
        {
            Run(options, images: Images.Select([i])).ShouldBe([expected[i]]);
        }

        using var folder = new TempFolder();
        string path = folder.At("run.checkpoint");
        using var cancellation = new CancellationTokenSource();
        using var oracle = new TinyClassifier();
        using (var keeper = new CheckpointKeeper(path, new RunIdentity(), []))
        {
            new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options).Run(
                Images,
                progress =>
                {
                    if (progress.Engine.Queries >= 2 * Budget)
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token,
                keeper).Partial.ShouldBeTrue();
        }

        using var resumed = new CheckpointKeeper(path, new RunIdentity(), [], Checkpoint.Read(path));
        Outcomes(new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options).Run(Images, checkpoint: resumed)).ShouldBe(expected);

        string[] Run(AttackOptions options, int concurrency = 1, ImageSet? images = null)
        {
            using var tiny = new TinyClassifier(concurrency);
            return Outcomes(new BlackBoxAttack(tiny, ThreatCases.Optimizer(name), options).Run(images ?? Images));
        }
    }

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void A_method_spends_its_budget_to_the_last_query_or_stops_at_its_first_success(string name, string threat)
    {
        foreach (int budget in (int[])[1, 2, 3, 13, 60])
        {
            using var oracle = new TinyClassifier();
            AttackResult result = new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, budget)).Run(Images);
            result.Runs[0].Images.ShouldAllBe(image => image.Queries == budget && image.StopReason == StopReason.Budget);
            (oracle.All - oracle.OutsideRuns).ShouldBe(budget * Images.Count);

            using var again = new TinyClassifier();
            AttackResult stopped = new BlackBoxAttack(again, ThreatCases.Optimizer(name), ThreatCases.Options(threat, budget, stops: true)).Run(Images);
            foreach ((ImageResult image, ImageResult whole) in stopped.Runs[0].Images.Zip(result.Runs[0].Images))
            {
                image.QueriesToFirstSuccess.ShouldBe(whole.QueriesToFirstSuccess);
                image.StopReason.ShouldBe(whole.Success ? StopReason.Success : StopReason.Budget);
                image.Queries.ShouldBeInRange(image.QueriesToFirstSuccess ?? budget, budget);
            }

            (again.All - again.OutsideRuns).ShouldBe(stopped.Runs[0].Images.Sum(image => image.Queries));
        }
    }

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void The_trace_of_a_method_is_the_lowest_loss_so_far(string name, string threat)
    {
        using var oracle = new TinyClassifier();
        foreach (ImageResult image in new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, Budget)).Run(Images).Runs[0].Images)
        {
            image.Trace.ShouldBe(image.Trace.Select((_, t) => image.Trace.Take(t + 1).Min()));
            image.BestLoss.ShouldBe(image.FinalLoss);
        }
    }

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void After_its_first_rounds_a_method_allocates_nothing(string name, string threat)
    {
        var image = new float[16];
        Array.Fill(image, 0.5f);
        Problem[] problems =
        [
            .. Enumerable.Range(0, 4).Select(i => new Problem(
                "p", new AttackObjective(image, 0, 2, ThreatCases.Loss(threat)) { Shape = new ImageShape(1, 4, 4) }, ThreatCases.Optimizer(name), 1, RandomKey.FromSeed(i), new RunLimits { Iterations = 300 })),
        ];

        // No image in the ball is fooled, so that no first success is kept. By labels, bright images outside are.
        bool isLabelled = ThreatCases.Loss(threat).LabelsOnly;
        using var oracle = new DelegateOracle(16, 2, (input, _, scores) => (scores[0], scores[1]) = (isLabelled && System.Numerics.Tensors.TensorPrimitives.Sum(input) > 10.1f ? -1 : 10 + input[0], 0));
        var allocated = new List<long>(10_000);
        new BatchedEngine(oracle, problems.Length).Run(problems, progress: _ => allocated.Add(GC.GetAllocatedBytesForCurrentThread()));

        allocated.Count.ShouldBe(301 * problems.Length);
        (allocated[^1] - allocated[200 * problems.Length]).ShouldBe(0);
    }

    [Theory]
    [InlineData("square", "l1 2", "square is not for an ℓ1 ball of ε = 2; use guided-es, zo-adam, zo-prox, zo-prox-plain, zo-scd, zo-sgd, zo-signsgd.")]
    [InlineData("zo-adam", "1 pixel", "zo-adam is not for at most 1 changed pixel; use sparse-rs.")]
    [InlineData("zo-adam", "labels, linf 0.1", "zo-adam is not for an ℓ∞ ball of ε = 0.1, labels only; use hopskipjump, rays.")]
    [InlineData("rays", "l2 0.7", "rays is not for an ℓ2 ball of ε = 0.7; use guided-es, zo-adam, zo-prox, zo-prox-plain, zo-scd, zo-sgd, zo-signsgd, bandits, nes, simba, simba-dct, square.")]
    public void An_optimizer_that_does_not_fit_is_refused_with_those_that_do(string name, string threat, string message)
    {
        using var oracle = new TinyClassifier();
        InputException error = Should.Throw<InputException>(() => new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, Budget)).Run(Images));
        error.Message.ShouldBe(message);
        oracle.All.ShouldBe(0);
    }

    [Fact]
    public void A_ball_wider_than_the_box_and_more_pixels_than_an_image_has_are_refused()
    {
        Refused(new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 1.001 }, "ε = 1.001 is more than the ℓ∞ width 1 of images of 1×4×4 pixels in [0, 1]; give a number above 0 and up to it.");
        Refused(new AttackLoss { Norm = DistortionNorm.L2, Epsilon = 4.5 }, "ε = 4.5 is more than the ℓ2 width 4 of images of 1×4×4 pixels in [0, 1]; give a number above 0 and up to it.");
        Refused(new AttackLoss { Pixels = 17 }, "17 changed pixels are more than the 16 of an image; give 1 to 16.");
        Refused(new AttackLoss { Pixels = 3, Epsilon = 0.1 }, "A ball and a number of changed pixels are given; leave one of them out.");
        Refused(new AttackLoss { Epsilon = 0.1, Transform = BoxTransform.Tanh }, "The tanh transform is for minimal distortion, not for an ℓ1 ball of ε = 0.1; use clip.");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Epsilon = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Epsilon = double.NaN });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Epsilon = double.PositiveInfinity });
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackLoss { Pixels = 0 });

        static void Refused(AttackLoss loss, string message)
        {
            using var oracle = new TinyClassifier();
            Should.Throw<InputException>(() => new BlackBoxAttack(oracle, ThreatCases.Optimizer("zo-adam"), new AttackOptions { Loss = loss }).Run(Images)).Message.ShouldBe(message);
        }
    }

    private static bool IsAllowed(AttackLoss loss, ImageShape shape, ReadOnlySpan<float> image, ReadOnlySpan<float> input)
    {
        double most = 0, sum = 0, squares = 0;
        var pixels = new HashSet<int>();
        for (int i = 0; i < image.Length; i++)
        {
            double change = Math.Abs((double)input[i] - image[i]);
            most = Math.Max(most, change);
            sum += change;
            squares += change * change;
            if (change > 0)
            {
                pixels.Add(i % (shape.Height * shape.Width));
            }
        }

        // The order in which a sum is added rounds it in the last bits.
        return loss.Pixels is { } few ? pixels.Count <= few
            : loss.Norm switch { DistortionNorm.LInfinity => most <= loss.Epsilon, DistortionNorm.L1 => sum <= loss.Epsilon * (1 + 1e-14), _ => Math.Sqrt(squares) <= loss.Epsilon * (1 + 1e-14) };
    }

    private static string[] Outcomes(AttackResult result) => [.. result.Runs[0].Images.Select(AttackOutcome.Of)];
}
