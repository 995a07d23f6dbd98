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
            var attack = new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, budget));
            if (budget < ((AttackMethod)ThreatCases.Optimizer(name)).FewestPoints)
            {
                Should.Throw<InputException>(() => attack.Run(Images)).Message.ShouldStartWith($"A budget for {budget} queries has no room for a step of {name}");
                continue;
            }

            AttackResult result = attack.Run(Images);
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
    [InlineData("rays", "l2 0.7", "rays is not for an ℓ2 ball of ε = 0.7; use guided-es, zo-adam, zo-prox, zo-prox-plain, zo-scd, zo-sgd, zo-signsgd, bandits, memory-square, nes, simba, simba-dct, square.")]
    public void An_optimizer_that_does_not_fit_is_refused_with_those_that_do(string name, string threat, string message)
    {
        using var oracle = new TinyClassifier();
        InputException error = Should.Throw<InputException>(() => new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), ThreatCases.Options(threat, Budget)).Run(Images));
        error.Message.ShouldBe(message);
        oracle.All.ShouldBe(0);
    }

    [Theory]
    [InlineData("boundary")]
    [InlineData("hopskipjump")]
    [InlineData("surfree")]
    public void A_targeted_attack_by_labels_starts_from_the_nearest_image_of_its_class(string name)
    {
        ImageSet images = TinyClassifier.Images([2, 0, 2, 1, 0, 2], wrong: 5);
        AttackOptions options = ThreatCases.Options("labels, l2 0.5", 40) with { Loss = new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, Target = 2 } };
        using var oracle = new TinyClassifier();

        foreach (ImageResult result in new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options).Run(images).Runs[0].Images)
        {
            double[] distances = [.. new[] { 0, 2 }.Select(i => result.Original.ToArray().Zip(images.Image(i).ToArray(), (a, b) => Math.Pow(a - b, 2)).Sum()).Select(Math.Sqrt)];
            result.QueriesToFirstSuccess.ShouldBe(1);
            result.InitialLoss.ShouldBe(distances.Min(), 1e-6);
            result.FinalLoss.ShouldBeLessThan(result.InitialLoss);
            result.AdversarialLabel.ShouldBe(2);
        }
    }

    [Fact]
    public void The_best_method_for_a_loss_fits_it_targeted_or_not()
    {
        foreach (int? target in (int?[])[null, 1])
        {
            foreach (DistortionNorm norm in (DistortionNorm[])[DistortionNorm.L2, DistortionNorm.LInfinity])
            {
                var loss = new AttackLoss { Norm = norm, LabelsOnly = true, Target = target };
                using var best = NamedOptimizer.Create(NamedOptimizer.Best(loss));
                best.Optimizer.Fits(loss).ShouldBeTrue();
                AttackLoss chosen = loss with { Target = null, TargetChoice = TargetChoice.RandomOther };
                using var other = NamedOptimizer.Create(NamedOptimizer.Best(chosen));
                other.Optimizer.Fits(chosen).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void An_attack_by_labels_at_a_random_class_starts_from_an_image_of_that_class()
    {
        AttackOptions options = ThreatCases.Options("labels, l2 0.5", 40) with { Loss = new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, TargetChoice = TargetChoice.RandomOther } };
        using var oracle = new TinyClassifier();
        IReadOnlyList<ImageResult> found = new BlackBoxAttack(oracle, ThreatCases.Optimizer("surfree"), options).Run(TinyClassifier.Images([0, 1, 2, 0, 1, 2])).Runs[0].Images;
        found.Count.ShouldBe(6);
        found.ShouldAllBe(image => image.QueriesToFirstSuccess == 1 && image.AdversarialLabel == image.Target && image.Target != image.Label);
    }

    [Fact]
    public void A_targeted_attack_by_labels_looks_for_a_start_behind_the_attacked_images_and_is_refused_without_one()
    {
        AttackOptions options = ThreatCases.Options("labels, l2 0.5", 40) with { Loss = new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, Target = 2 }, Count = 1 };
        using var oracle = new TinyClassifier();
        AttackResult result = new BlackBoxAttack(oracle, ThreatCases.Optimizer("surfree"), options).Run(TinyClassifier.Images([0, 1, 1, 2]));
        result.Runs[0].Images.Single().QueriesToFirstSuccess.ShouldBe(1);
        (oracle.All - oracle.OutsideRuns).ShouldBe(40);
        oracle.OutsideRuns.ShouldBe(result.OverheadQueries);

        using var other = new TinyClassifier();
        Should.Throw<InputException>(() => new BlackBoxAttack(other, ThreatCases.Optimizer("surfree"), options).Run(TinyClassifier.Images([0, 1, 2], wrong: 2)))
            .Message.ShouldBe("A targeted attack by labels starts from an image of the target class, and the model gives none of these images class 2 rightly; add one.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Flagged_queries_are_those_whose_answer_is_not_the_true_class_and_the_budget_counts_them_at_their_cost(string name, string threat)
    {
        foreach (double cost in (double[])[1, 2.5, 7])
        {
            var flagged = new System.Collections.Concurrent.ConcurrentDictionary<ulong, long>();
            using var watched = new TinyClassifier
            {
                Change = (key, _, scores) =>
                {
                    if (Array.IndexOf(scores, scores.Max()) != 0)
                    {
                        flagged.AddOrUpdate(key.Problem, 1, (_, count) => count + 1);
                    }
                },
            };
            ImageSet images = TinyClassifier.Images([0, 0, 0]);
            AttackOptions options = ThreatCases.Options(threat, 80);
            options = options with { Limits = options.Limits with { FlaggedCost = cost } };
            AttackRun run = new BlackBoxAttack(watched, ThreatCases.Optimizer(name), options).Run(images).Runs[0];
            flagged.TryRemove(0, out _);

            run.Images.Select(image => image.FlaggedQueries!.Value).Order().ShouldBe(run.Images.Select((_, i) => flagged.Values.Order().ElementAtOrDefault(i - run.Images.Count + flagged.Count)));
            run.Summary.FlaggedQueries.ShouldBe(flagged.Values.Sum());
            run.Images.ShouldAllBe(image => image.Queries + ((cost - 1) * image.FlaggedQueries) <= 80);
            if (ThreatCases.Optimizer(name) is ICandidateOptimizer)
            {
                run.Images.ShouldAllBe(image => image.Queries + ((cost - 1) * image.FlaggedQueries) > 80 - cost);
            }
        }
    }

    [Fact]
    public void A_budget_without_room_for_one_flagged_query_is_refused()
    {
        using var oracle = new TinyClassifier();
        AttackOptions options = ThreatCases.Options("linf 1", 5);
        Should.Throw<InputException>(() => new BlackBoxAttack(oracle, ThreatCases.Optimizer("square"), options with { Limits = options.Limits with { FlaggedCost = 5.5 } }).Run(Images))
            .Message.ShouldBe("A budget of 5 has no room for one flagged query, which costs 5.5; give more, or a lower cost.");
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { FlaggedCost = 0.5 });
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { FlaggedCost = double.NaN });
    }

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void A_resumed_run_has_the_same_flagged_queries(string name, string threat)
    {
        AttackOptions options = ThreatCases.Options(threat, Budget);
        options = options with { Limits = options.Limits with { FlaggedCost = 3 } };
        using var oracle = new TinyClassifier();
        ImageResult[] whole = [.. new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options).Run(Images).Runs[0].Images];

        using var folder = new TempFolder();
        string path = folder.At("run.checkpoint");
        using var cancellation = new CancellationTokenSource();
        using (var keeper = new CheckpointKeeper(path, new RunIdentity(), []))
        {
            new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options with { InFlight = 1 }).Run(
                Images,
                progress =>
                {
                    if (progress.Engine.Queries >= 30)
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token,
                keeper);
        }

        using var resumed = new CheckpointKeeper(path, new RunIdentity(), [], Checkpoint.Read(path));
        ImageResult[] again = [.. new BlackBoxAttack(oracle, ThreatCases.Optimizer(name), options with { InFlight = 1 }).Run(Images, checkpoint: resumed).Runs[0].Images];
        again.Select(image => (image.Queries, image.FlaggedQueries)).ShouldBe(whole.Select(image => (image.Queries, image.FlaggedQueries)));
    }

    [Fact]
    public void The_trace_of_a_method_is_stored_by_the_steps_that_lowered_it_and_read_back_whole()
    {
        using var oracle = new TinyClassifier();
        AttackResult result = new BlackBoxAttack(oracle, ThreatCases.Optimizer("square"), ThreatCases.Options("linf 8/255", 400)).Run(Images);
        string json = result.ToJson();
        using var document = System.Text.Json.JsonDocument.Parse(json);
        AttackResult read = AttackResult.Parse(document.RootElement);

        foreach ((ImageResult image, ImageResult stored) in result.Runs[0].Images.Zip(read.Runs[0].Images))
        {
            image.Trace.Count.ShouldBe(400);
            stored.Trace.ShouldBe(image.Trace);
            Enumerable.Range(0, 400).Select(t => stored.Trace[t]).ShouldBe(image.Trace);
        }

        System.Text.Json.JsonElement trace = document.RootElement.GetProperty("runs")[0].GetProperty("problems")[0].GetProperty("trace");
        int[] steps = [.. trace.GetProperty("steps").EnumerateArray().Select(step => step.GetInt32())];
        steps.Length.ShouldBe(trace.GetProperty("losses").GetArrayLength());
        steps.Length.ShouldBeLessThan(100);
        (steps[0], steps[^1]).ShouldBe((0, 399));
        foreach (string damage in (string[])["{\"steps\": [0, 3, 3], \"losses\": [1, 2, 3]}", "{\"steps\": [1], \"losses\": [1]}", "{\"steps\": [0], \"losses\": []}", "{\"steps\": [0, 2000000000], \"losses\": [1, 2]}", "{\"steps\": null, \"losses\": []}", "{}", "null", "3"])
        {
            using var damaged = System.Text.Json.JsonDocument.Parse(json.Replace(trace.GetRawText(), damage, StringComparison.Ordinal));
            Should.Throw<System.Text.Json.JsonException>(() => AttackResult.Parse(damaged.RootElement), damage);
        }
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
