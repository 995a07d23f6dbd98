using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class BlackBoxAttackTests
{
    private const int Directions = 6;
    private const int Iterations = 40;

    private static readonly AttackOptions Options = new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.02 },
        Limits = new RunLimits { Iterations = Iterations },
        Smoothing = 1e-3,
    };

    [Fact]
    public void Only_correctly_classified_images_are_attacked_and_the_others_are_named_with_the_class_that_they_get()
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2], wrong: [1, 4]);
        using var oracle = new TinyClassifier();

        AttackResult result = Attack(oracle).Run(images);

        result.Runs.Single().Images.Select(p => (p.Index, p.Name, p.Label)).ShouldBe([(0, "0", 0), (2, "2", 2), (3, "3", 0), (5, "5", 2)]);
        result.Skipped.ShouldBe([new SkippedImage(1, "1", 2, 1, "misclassified"), new SkippedImage(4, "4", 2, 1, "misclassified")]);
        (result.Partial, result.Failure, result.Scores).ShouldBe((false, null, ScoreKind.Logits));
        result.Runs[0].Images.ShouldAllBe(p => p.Success);
    }

    [Fact]
    public void A_time_limit_before_the_turn_of_images_is_told_and_they_are_in_no_rate()
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2], wrong: []);
        using var oracle = new TinyClassifier();

        // The first image goes on until the limit.
        AttackResult result = Attack(oracle, Options with { InFlight = 1, Limits = new RunLimits { Iterations = int.MaxValue, Time = TimeSpan.FromMilliseconds(1) } }).Run(images);

        result.Runs[0].Images.Select(image => image.StopReason).ShouldBe(Enumerable.Repeat(StopReason.Time, 6));
        result.Runs[0].Images.Select(image => image.IsMeasured).ShouldBe([true, false, false, false, false, false]);
        result.Runs[0].Images.Skip(1).ShouldAllBe(image => image.Queries == 0);
        result.Warnings.ShouldContain("zo-adam: the time limit came before the turn of 5 of 6 images, which were not asked; rates and means are of the others alone, so give more time or fewer images.");
    }

    [Theory]
    [InlineData(1, new[] { 0 }, 1)]
    [InlineData(2, new[] { 0, 2 }, 3)]
    [InlineData(3, new[] { 0, 2, 3 }, 4)]
    [InlineData(9, new[] { 0, 2, 3, 5 }, 6)]
    public void Count_is_of_attacked_images_and_no_more_are_looked_at_than_needed(int count, int[] attacked, int lookedAt)
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2], wrong: [1, 4]);
        using var oracle = new TinyClassifier();

        AttackResult result = Attack(oracle, Options with { Count = count }).Run(images);

        result.Runs[0].Images.Select(p => p.Index).ShouldBe(attacked);
        result.Skipped.Select(s => s.Index).ShouldBe(new[] { 1, 4 }.Where(i => i < lookedAt));
        result.OverheadQueries.ShouldBe(lookedAt + (2 * result.Runs[0].Images.Count(p => p.Success)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_query_is_counted_once_in_a_problem_or_in_the_overhead(bool measureSmoothing)
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2], wrong: [1]);
        using var oracle = new TinyClassifier(concurrency: 2);
        string[] optimizers = ["zo-sgd", "zo-adam"];
        AttackOptions options = Options with { Trials = 2, Smoothing = measureSmoothing ? null : 1e-3 };

        AttackResult result = new BlackBoxAttack(oracle, [.. optimizers.Select(Optimizer)], options).Run(images);

        result.Runs.SelectMany(r => r.Images).ShouldAllBe(p => p.Queries == ((Directions + 1) * Iterations) + 1);
        long inProblems = result.Runs.Sum(r => r.Images.Sum(p => p.Queries));
        long checks = images.Count + result.Runs.Sum(r => 2 * r.Images.Count(p => p.Success));
        oracle.OutsideRuns.ShouldBe(checks);

        // Four objectives, four directions, nine μ, both ways; once for both optimizers.
        result.OverheadQueries.ShouldBe(checks + (measureSmoothing ? 4 * (1 + (2 * 4 * 9)) : 0));
        oracle.All.ShouldBe(inProblems + result.OverheadQueries);
        result.Runs.Select(r => r.Settings.SmoothingFrom).ShouldAllBe(reason => measureSmoothing ? reason.StartsWith("measured with 292 ") : reason == "given");
        result.Runs[0].Settings.Smoothing.ShouldBe(result.Runs[1].Settings.Smoothing);
    }

    [Fact]
    public void An_optimizers_own_smoothing_comes_before_a_measured_one_and_after_a_given_one()
    {
        ImageSet images = TinyClassifier.Images([0, 1]);
        IZerothOrderOptimizer own = new OptimizerRegistry().Create("zo-sgd", new OptimizerSettings { Smoothing = 0.02 });
        using var oracle = new TinyClassifier();
        AttackRun run = new BlackBoxAttack(oracle, own, Options with { Smoothing = null }).Run(images).Runs[0];
        (run.Settings.Smoothing, run.Settings.SmoothingFrom).ShouldBe((0.02, "the optimizer's own"));
        run = new BlackBoxAttack(oracle, own, Options).Run(images).Runs[0];
        (run.Settings.Smoothing, run.Settings.SmoothingFrom).ShouldBe((1e-3, "given"));
    }

    [Fact]
    public void Trials_of_an_image_stand_together_and_differ()
    {
        ImageSet images = TinyClassifier.Images([0, 1]);
        using var oracle = new TinyClassifier();
        IReadOnlyList<ImageResult> problems = Attack(oracle, Options with { Trials = 3 }).Run(images).Runs[0].Images;
        problems.Select(p => (p.Index, p.Trial)).ShouldBe([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
        problems.Select(p => string.Join(' ', p.Trace)).Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public void An_image_that_is_there_twice_gives_the_same_result_twice()
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2]).Select([1, 0, 1]);
        using var oracle = new TinyClassifier();
        IReadOnlyList<ImageResult> problems = Attack(oracle).Run(images).Runs[0].Images;
        AttackOutcome.Of(problems[2]).ShouldBe(AttackOutcome.Of(problems[0]));
        AttackOutcome.Of(problems[1]).ShouldNotBe(AttackOutcome.Of(problems[0]));
    }

    [Fact]
    public void Permuting_the_images_permutes_the_results_however_they_are_packed()
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2, 0], wrong: [3]);
        Dictionary<string, string> expected = Run(images, Options);
        expected.Count.ShouldBe(6);
        Run(images.Select([6, 2, 0, 3, 5, 1, 4]), Options with { InFlight = 2, BatchRows = 5 }, concurrency: 3).ShouldBe(expected, ignoreOrder: true);
        Run(images.Select([2]), Options with { BatchRows = 1 }).ShouldBe(expected.Where(pair => pair.Key == "2"));
        Run(images, Options with { Seed = 2 })["2"].ShouldNotBe(expected["2"]);

        static Dictionary<string, string> Run(ImageSet images, AttackOptions options, int concurrency = 1)
        {
            using var oracle = new TinyClassifier(concurrency);
            return Attack(oracle, options).Run(images).Runs[0].Images.ToDictionary(p => p.Name, AttackOutcome.Of);
        }
    }

    [Fact]
    public void All_optimizers_of_a_comparison_start_at_the_same_points_and_spend_the_same()
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2]);
        using var oracle = new TinyClassifier();
        string[] names = [.. new OptimizerRegistry().Names];
        AttackResult result = new BlackBoxAttack(oracle, [.. names.Select(Optimizer)], Options with { Levels = null }).Run(images);
        result.Runs.Select(r => r.Optimizer).ShouldBe(names);
        foreach (AttackRun run in result.Runs)
        {
            run.Images.Select(p => (p.InitialLoss, p.Queries)).ShouldBe(result.Runs[0].Images.Select(p => (p.InitialLoss, p.Queries)));
        }
    }

    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void Successes_hold_as_files_unless_floats_are_to_count(BoxTransform transform)
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
        AttackOptions options = Options with { Loss = new AttackLoss { DistortionWeight = 0.5, Transform = transform }, Limits = new RunLimits { Iterations = 150 } };
        using var first = new TinyClassifier();
        AttackResult floats = Attack(first, options with { Levels = null }).Run(images);
        using var second = new TinyClassifier();
        AttackResult files = Attack(second, options).Run(images);

        ImageResult[] undone = [.. floats.Runs[0].Images.Where(p => p.SavedSuccess == false)];
        undone.Length.ShouldBeGreaterThan(0);
        undone.ShouldAllBe(p => p.Success);
        foreach ((ImageResult file, ImageResult asFloats) in files.Runs[0].Images.Zip(floats.Runs[0].Images))
        {
            (file.Success, file.SavedSuccess).ShouldBe((asFloats.Success, asFloats.Success ? true : null));
            file.Trace.ShouldBe(asFloats.Trace, "the run itself is the same");
            (file.Queries - asFloats.Queries).ShouldBeInRange(asFloats.SavedSuccess == false ? 1 : 0, asFloats.SavedSuccess == false ? 11 : 0);
            if (file.Adversarial is { } picture)
            {
                picture.ToArray().ShouldAllBe(pixel => Math.Abs((pixel * 255) - Math.Round(pixel * 255)) < 1e-4);
                TinyClassifier.Classify(picture.Span).ShouldBe(file.AdversarialLabel!.Value);
                file.AdversarialLabel.ShouldNotBe(file.Label);
                file.Distortion!.L1.ShouldBeLessThan((asFloats.Distortion!.L1 * 11.24) + (16 * 0.5 / 255) + 1e-4);
            }
        }

        second.All.ShouldBe(files.OverheadQueries + files.Runs[0].Images.Sum(p => p.Queries));
    }

    [Fact]
    public void A_success_that_no_file_holds_is_none()
    {
        // Any picture of 8 bits is taken for what it was; only finer ones can be taken for another class.
        ImageSet images = TinyClassifier.Images([0, 1]);
        using var fine = new DelegateOracle(TinyClassifier.Shape.Length, TinyClassifier.Classes, (image, _, scores) =>
        {
            Span<float> rounded = stackalloc float[image.Length];
            image.CopyTo(rounded);
            PixelBuffer.RoundTo8Bit(rounded);
            double[] logits = TinyClassifier.Logits(image);
            for (int k = 0; k < scores.Length; k++)
            {
                scores[k] = (float)logits[k] + (rounded.SequenceEqual(image) && k == images.Label(0) ? 100 : 0);
            }
        });
        ImageResult found = new BlackBoxAttack(fine, Optimizer("zo-adam"), Options with { Count = 1 }).Run(images).Runs[0].Images[0];
        (found.Success, found.SavedSuccess, found.Adversarial.HasValue).ShouldBe((false, false, false));
        found.Last.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(BoxTransform.Clip)]
    [InlineData(BoxTransform.Tanh)]
    public void A_success_is_what_the_classifier_says_of_the_image_and_its_8_bit_file(BoxTransform transform)
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2, 0, 1, 2]);
        using var oracle = new TinyClassifier();
        AttackOptions options = Options with { Loss = new AttackLoss { DistortionWeight = 0.5, Transform = transform }, Limits = new RunLimits { Iterations = 150 } };
        IReadOnlyList<ImageResult> problems = Attack(oracle, options).Run(images).Runs[0].Images;
        problems.Count(p => p.Success).ShouldBeGreaterThan(3);
        foreach (ImageResult problem in problems.Where(p => p.Success))
        {
            float[] image = problem.Adversarial!.Value.ToArray();
            image.ShouldAllBe(x => x >= 0 && x <= 1);
            TinyClassifier.Classify(image).ShouldNotBe(problem.Label);
            problem.AdversarialLabel.ShouldBe(TinyClassifier.Classify(image));

            float[] saved = [.. image.Select(x => (float)Math.Round(x * 255.0, MidpointRounding.AwayFromZero) / 255)];
            problem.SavedSuccess.ShouldBe(TinyClassifier.Classify(saved) != problem.Label);

            double[] change = [.. image.Zip(problem.Original.ToArray(), (a, b) => Math.Abs((double)a - b))];
            problem.Distortion!.L1.ShouldBe(change.Sum(), 1e-5);
            problem.Distortion.L2.ShouldBe(Math.Sqrt(change.Sum(c => c * c)), 1e-5);
            problem.Distortion.LInfinity.ShouldBe(change.Max(), 1e-6);

            // The best success is no farther away than the first: once the margin is won, distortion is what the loss counts.
            problem.Distortion.L1.ShouldBeLessThanOrEqualTo(problem.FirstDistortion!.L1 + 1e-9);
            ((problem.QueriesToFirstSuccess!.Value - 1) % (Directions + 1)).ShouldBe(0);
        }
    }

    [Fact]
    public void A_success_that_does_not_stand_when_it_is_asked_again_is_none()
    {
        // Inside runs class 2 is overrated, so that every iterate looks like it; the check afterwards knows better.
        ImageSet images = TinyClassifier.Images([0, 1]);
        using var oracle = new TinyClassifier { Change = (key, _, scores) => scores[2] += key.Problem != 0 ? 100 : 0 };
        ImageResult problem = Attack(oracle, Options with { Limits = new RunLimits { Iterations = 1, StopOnSuccess = true } }).Run(images).Runs[0].Images[0];
        problem.StopReason.ShouldBe(StopReason.Success);
        (problem.Success, problem.SavedSuccess, problem.AdversarialLabel, problem.QueriesToFirstSuccess).ShouldBe((false, null, null, null));
        problem.Adversarial.ShouldBeNull();
        problem.Distortion.ShouldBeNull();
        problem.Last.ShouldNotBeNull();
    }

    [Fact]
    public void A_targeted_attack_skips_images_of_the_target_class_and_reaches_the_target()
    {
        ImageSet images = TinyClassifier.Images([1, 0, 2, 1, 0], wrong: [0]);
        using var oracle = new TinyClassifier();
        AttackResult result = Attack(oracle, Options with { Loss = new AttackLoss { Target = 1, DistortionWeight = 0.01 }, Limits = new RunLimits { Iterations = 100 } }).Run(images);
        result.Skipped.ShouldBe([new SkippedImage(0, "0", 2, 1, "misclassified"), new SkippedImage(3, "3", 1, 1, "of the target class")]);
        result.Runs[0].Images.Select(p => p.Index).ShouldBe([1, 2, 4]);
        result.Runs[0].Images.ShouldAllBe(p => p.Success && p.AdversarialLabel == 1);
    }

    [Fact]
    public void The_least_likely_class_of_each_image_is_that_of_its_lowest_clean_score_and_is_reached()
    {
        ImageSet images = TinyClassifier.Images([1, 0, 2, 1, 0]);
        using var oracle = new TinyClassifier();
        AttackResult result = Attack(oracle, Options with { Loss = new AttackLoss { TargetChoice = TargetChoice.LeastLikely, DistortionWeight = 0.01 }, Limits = new RunLimits { Iterations = 200 } }).Run(images);
        result.Skipped.ShouldBeEmpty();
        result.Runs[0].Images.Count.ShouldBe(5);
        foreach (ImageResult image in result.Runs[0].Images)
        {
            float[] scores = oracle.ScoreRows(1, (_, input) => images.Image(image.Index).Span.CopyTo(input), default, failedCalls: 1, out _, default);
            image.Target.ShouldBe(Array.IndexOf(scores, scores.Min()));
            (image.Success, image.AdversarialLabel).ShouldBe((true, image.Target));
        }

        result.Runs[0].Settings.TargetChoice.ShouldBe("least-likely");
    }

    [Fact]
    public void A_random_target_is_another_class_and_depends_on_the_seed_and_the_image_only()
    {
        ImageSet images = TinyClassifier.Images([.. Enumerable.Range(0, 40).Select(i => i % 3)]);
        using var oracle = new TinyClassifier();
        AttackOptions options = Options with { Loss = new AttackLoss { TargetChoice = TargetChoice.RandomOther }, Limits = new RunLimits { Iterations = 1 }, Smoothing = 1e-3, Trials = 2 };
        ILookup<int, int?> all = Targets(options, images);
        all.ShouldAllBe(image => image.Distinct().Count() == 1 && image.First() != images.Label(image.Key) && image.First() >= 0 && image.First() < 3);
        all.Where(image => images.Label(image.Key) == 0).Select(image => image.First()).Distinct().Count().ShouldBe(2);
        Targets(options, images.Select([7, 3])).Select(image => image.First()).ShouldBe([all[7].First(), all[3].First()]);
        Targets(options with { Seed = 2 }, images).Count(image => image.First() != all[image.Key].First()).ShouldBeGreaterThan(5);

        ILookup<int, int?> Targets(AttackOptions asked, ImageSet of) => Attack(oracle, asked).Run(of).Runs[0].Images.ToLookup(image => image.Index, image => image.Target);
    }

    [Fact]
    public void The_least_likely_class_is_refused_where_only_labels_are_told()
    {
        using var oracle = new TinyClassifier();
        AttackOptions options = Options with { Loss = new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, TargetChoice = TargetChoice.LeastLikely } };
        Should.Throw<InputException>(() => new BlackBoxAttack(oracle, NamedOptimizer.Create("surfree").Optimizer, options).Run(TinyClassifier.Images([0, 1])))
            .Message.ShouldBe("The least likely class is told by scores, not by labels alone; take a random other class, or a class.");
        oracle.All.ShouldBe(0);
    }

    [Theory]
    [InlineData(ScoreKind.LogProbabilities)]
    [InlineData(ScoreKind.Probabilities)]
    public void What_the_scores_are_is_seen_on_the_clean_images_and_the_loss_is_the_same(ScoreKind kind)
    {
        ImageSet images = TinyClassifier.Images([0, 1, 2]);
        using var logits = new TinyClassifier();
        using var oracle = new TinyClassifier
        {
            Change = (_, _, scores) =>
            {
                double sum = scores.Sum(z => Math.Exp(z));
                for (int k = 0; k < scores.Length; k++)
                {
                    scores[k] = (float)(kind == ScoreKind.Probabilities ? Math.Exp(scores[k]) / sum : scores[k] - Math.Log(sum));
                }
            },
        };
        AttackResult result = Attack(oracle).Run(images);
        result.Scores.ShouldBe(kind);
        result.Runs[0].Images.Zip(Attack(logits).Run(images).Runs[0].Images, (a, b) => Math.Abs(a.InitialLoss - b.InitialLoss)).Max().ShouldBeLessThan(1e-5);

        // What the caller says counts more than what the numbers look like.
        Attack(oracle, Options with { Scores = ScoreKind.Logits }).Run(images).Scores.ShouldBe(ScoreKind.Logits);
    }

    [Fact]
    public void Progress_names_the_optimizer_at_work()
    {
        ImageSet images = TinyClassifier.Images([0, 1]);
        using var oracle = new TinyClassifier();
        var told = new List<AttackProgress>();
        new BlackBoxAttack(oracle, [Optimizer("zo-sgd"), Optimizer("zo-adam")], Options).Run(images, told.Add);
        told.Select(p => (p.Optimizer, p.Run, p.Runs)).Distinct().ShouldBe([("zo-sgd", 0, 2), ("zo-adam", 1, 2)]);
        told.Where(p => p.Engine.Finished == 2).Select(p => p.Engine.Queries).ShouldBe([2 * 281, 2 * 281]);
    }

    internal static IZerothOrderOptimizer Optimizer(string name) =>
        new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = Directions, StepSize = name is "zo-adam" or "zo-signsgd" ? 0.3 : 2 });

    private static BlackBoxAttack Attack(TinyClassifier oracle, AttackOptions? options = null) => new(oracle, Optimizer("zo-adam"), options ?? Options);
}
