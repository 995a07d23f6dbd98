using System.Text.RegularExpressions;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Shards that are merged are what one machine would have written, byte for byte but for times.</summary>
public sealed class ShardTests : IDisposable
{
    private static readonly ImageSet Images = TinyClassifier.Files(TinyClassifier.Images([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1], wrong: [0, 1, 4, 9]));
    private static readonly AttackOptions Options = new() { Limits = new RunLimits { Iterations = 25 } };

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(11)]
    public void A_merged_attack_is_that_of_one_machine(int shards) => SameAttack(Images, Options, ["zo-adam"], shards);

    [Fact]
    public void A_merged_attack_on_so_many_images_is_that_of_one_machine() => SameAttack(Images, Options with { Count = 5 }, ["zo-lstm-plus"], 3);

    [Fact]
    public void A_merged_comparison_with_trials_is_that_of_one_machine() => SameAttack(Images, Options with { Trials = 2, Levels = null }, ["zo-sgd", "zo-adam", "zo-lstm-plus"], 3);

    [Fact]
    public void A_merged_attack_with_a_bisection_of_c_is_that_of_one_machine() =>
        SameAttack(Images, Options with { Loss = new AttackLoss { Norm = DistortionNorm.L2, BisectionRounds = 3 } }, ["zo-prox", "zo-lstm-plus"], 3);

    [Fact]
    public void A_merged_attack_in_a_ball_is_that_of_one_machine() => SameAttack(
        Images, new AttackOptions { Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.1 }, Limits = new RunLimits { Budget = 200, Iterations = int.MaxValue, StopOnSuccess = true } }, ["square"], 3);

    // Such an attack starts from the nearest image of the target class, wherever it is among all.
    [Fact]
    public void A_merged_attack_by_labels_with_a_target_is_that_of_one_machine() => SameAttack(
        Images, new AttackOptions { Loss = new AttackLoss { Norm = DistortionNorm.L2, LabelsOnly = true, Target = 2 }, Limits = new RunLimits { Budget = 300, Iterations = int.MaxValue } }, ["hopskipjump"], 3);

    [Fact]
    public void A_merged_attack_on_images_without_labels_is_that_of_one_machine() =>
        SameAttack(Images.WithLabels([.. Enumerable.Repeat(ImageSet.Unlabelled, Images.Count)]), Options, ["zo-adam"], 3);

    // Different names become one file name: the second gets a number, whatever shard it is in.
    [Fact]
    public void Pictures_of_images_whose_names_fall_together_are_named_as_on_one_machine()
    {
        float[] pixels = [.. Enumerable.Range(0, Images.Count).SelectMany(i => Images.Image(i).ToArray())];
        var named = new ImageSet(
            "named", Images.Shape, pixels, [.. Enumerable.Range(0, Images.Count).Select(Images.Label)], [.. Enumerable.Range(0, Images.Count).Select(i => i % 2 == 0 ? $"a/{i / 4}" : $"a_{i / 4}")]);
        SameAttack(named, Options, ["zo-adam"], 4);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(5, true)]
    [InlineData(3, false)]
    public void A_merged_audit_is_that_of_one_machine(int shards, bool labelled)
    {
        ImageSet images = labelled ? Images : Images.WithLabels([.. Enumerable.Repeat(ImageSet.Unlabelled, Images.Count)]);
        var options = new AuditOptions { Epsilons = [0.02, 0.05], Budget = 300, Scores = ScoreKind.Logits };
        using var oracle = new TinyClassifier();
        new AuditSession(oracle, images, options) { Folder = _temp.At("whole"), Command = "same" }.Run();
        for (int i = 1; i <= shards; i++)
        {
            var shard = new Shard(i, shards);
            new AuditSession(oracle, images, options with { Shard = shard }) { Folder = shard.FolderIn(_temp.At("parts")), Command = "same" }.Run();
        }

        AuditResult merged = ShardMerge.Of([_temp.At("parts")]).MergeAudit(_temp.At("parts"));

        merged.Levels.Select(level => level.RobustAccuracy.Right).Distinct().Count().ShouldBeGreaterThan(1, string.Join(' ', merged.Levels.Select(level => level.RobustAccuracy.Right)));
        File.Delete(_temp.At("whole/audit.identity"));
        SameFiles();
    }

    [Fact]
    public void An_interrupted_shard_goes_on_by_the_same_call_and_a_finished_one_asks_nothing()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-adam")];
        Whole(Images, Options, optimizers);
        using var stop = new CancellationTokenSource();
        int steps = 0;
        AttackSession Part(TinyClassifier asked, int number) => new(asked, Images, optimizers, Options with { Shard = new Shard(number, 2) })
        {
            Folder = new Shard(number, 2).FolderIn(_temp.At("parts")), Command = "same",
        };
        using var first = new TinyClassifier();
        Part(first, 1).Run(_ => { if (++steps == 30) { stop.Cancel(); } }, stop.Token).Partial.ShouldBeTrue();
        Part(first, 2).Run();
        Should.Throw<InputException>(() => ShardMerge.Of([_temp.At("parts")])).Message.ShouldStartWith($"Shard 1/2 in {new Shard(1, 2).FolderIn(_temp.At("parts"))} is unfinished; give its command again");
        ShardMerge.Progress(_temp.At("parts")).ShouldNotBeNull().ShouldSatisfyAllConditions(
            progress => progress.Count.ShouldBe(2), progress => progress.Finished.ShouldBe([2]), progress => progress.Started.ShouldBe([1]));

        Part(first, 1).Run().Partial.ShouldBeFalse();
        using var again = new TinyClassifier();
        Part(again, 1).Run().Partial.ShouldBeFalse();
        again.All.ShouldBe(0);

        ShardMerge.Of([_temp.At("parts")]).MergeAttack(_temp.At("parts"));
        SameFiles();
    }

    [Fact]
    public void Shards_that_do_not_belong_together_are_refused_and_nothing_is_changed()
    {
        string Make(string folder, int number, int count, AttackOptions options)
        {
            using var oracle = new TinyClassifier();
            var shard = new Shard(number, count);
            new AttackSession(oracle, Images, [NamedOptimizer.Create("zo-adam")], options with { Shard = shard }) { Folder = shard.FolderIn(_temp.At(folder)) }.Run();
            return shard.FolderIn(_temp.At(folder));
        }

        string one = Make("a", 1, 3, Options), three = Make("a", 3, 3, Options), other = Make("b", 2, 3, Options with { Seed = 2 }), half = Make("c", 1, 2, Options), twice = Make("d", 3, 3, Options);
        string[] before = [.. Directory.GetFiles(_temp.At("."), "*", SearchOption.AllDirectories)];
        string Refusal(params string[] folders) => Should.Throw<InputException>(() => ShardMerge.Of([.. folders.Select(folder => Path.IsPathRooted(folder) ? folder : _temp.At(folder))])).Message;

        Refusal("a").ShouldBe("Shard 2 of 3 is missing; run it (--shard 2/3), or name its folder too.");
        Refusal(one).ShouldBe("Shards 2, 3 of 3 are missing; run them (--shard 2/3, …), or name their folders too.");
        Refusal("a", other).ShouldBe($"{other} is a shard of another run than {one} (seed = 2, not 1); give the shards of one run.");
        Refusal("a", half).ShouldContain("is shard 1/2, of a run that was cut otherwise; give the shards of one run.");
        Refusal("a", twice).ShouldBe($"Shard 3/3 is there twice, in {three} and {twice}; give one of them.");
        Refusal("nowhere").ShouldEndWith("holds no shards; give the --out of a run with --shard, or the folder of a shard.");
        Should.Throw<InputException>(() => Make("a", 1, 3, Options with { Seed = 9 })).Message.ShouldStartWith($"{one} holds shard 1/3 of another run (seed = 1, not 9); name another output folder");
        Directory.GetFiles(_temp.At("."), "*", SearchOption.AllDirectories).ShouldBe(before, ignoreOrder: true);

        Make("a", 2, 3, Options);
        ShardMerge.Of([_temp.At("a")]).MergeAttack(_temp.At("a")).Runs[0].Images.Count.ShouldBe(7);
        File.Delete(Directory.GetFiles(one, "*.png", SearchOption.AllDirectories)[0]);
        string result = File.ReadAllText(_temp.At("a/result.json"));
        string source = Path.Combine(three, "result.json");
        File.WriteAllText(source, Regex.Replace(File.ReadAllText(source), "\"originalFile\": \"[^\"]*\"", "\"originalFile\": \"../../x.png\""));
        Should.Throw<InputException>(() => ShardMerge.Of([_temp.At("a")]).MergeAttack(_temp.At("a")));
        File.ReadAllText(_temp.At("a/result.json")).ShouldBe(result);
    }

    [Fact]
    public void More_shards_than_images_are_refused()
    {
        using var oracle = new TinyClassifier();
        AttackResult Run(AttackOptions options) => new AttackSession(oracle, Images, [NamedOptimizer.Create("zo-adam")], options).Run();

        Should.Throw<InputException>(() => Run(Options with { Shard = new Shard(1, 12) })).Message.ShouldBe("12 shards are more than the 11 images of the run; take at most one for each image.");
        Should.Throw<InputException>(() => Run(Options with { Count = 3, Shard = new Shard(1, 4) })).Message.ShouldBe("4 shards are more than the 3 images of the run; take at most one for each image.");
    }

    // The images of the others are asked only as far as μ and c are chosen on the run's first ones.
    [Fact]
    public void A_shard_asks_little_for_the_images_of_the_others()
    {
        ImageSet many = TinyClassifier.Images([.. Enumerable.Repeat(0, 60)]);
        using var oracle = new TinyClassifier();
        AttackResult part = new AttackSession(oracle, many, [NamedOptimizer.Create("zo-adam")], Options with { Smoothing = 0.01, Loss = new AttackLoss { DistortionWeight = 0.1 }, Shard = new Shard(5, 6) }).Run();

        part.Runs[0].Images.Count.ShouldBe(10);
        oracle.All.ShouldBe(part.OverheadQueries + part.Runs[0].Summary.TotalQueries);
        oracle.OutsideRuns.ShouldBeLessThanOrEqualTo(4 + 10 + 20, "the first four, its own, and the checks of its own");
    }

    [Fact]
    public void Every_image_is_in_exactly_one_shard_and_shards_differ_by_at_most_one_image()
    {
        foreach (int count in new[] { 1, 2, 7, 100 })
        {
            int[][] held = [.. Enumerable.Range(1, count).Select(i => Enumerable.Range(0, 1003).Where(new Shard(i, count).Holds).ToArray())];
            held.SelectMany(images => images).Order().ShouldBe(Enumerable.Range(0, 1003));
            (held.Max(images => images.Length) - held.Min(images => images.Length)).ShouldBeLessThanOrEqualTo(1);
        }
    }

    [Theory]
    [InlineData("3/100", "", 3, 100)]
    [InlineData("1/1", "", 1, 1)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0", 8, 8)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=1", 7, 8)]
    [InlineData("auto/8", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=5", 7, 8)]
    [InlineData("auto/10", "JOB_COMPLETION_INDEX=0", 1, 10)]
    [InlineData("auto", "AWS_BATCH_JOB_ARRAY_INDEX=9 AWS_BATCH_JOB_ARRAY_SIZE=10", 10, 10)]
    [InlineData("auto", "AZUREML_RUN_ID=x RANK=2 WORLD_SIZE=4", 3, 4)]
    [InlineData("auto", "AZUREML_RUN_ID=x OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4", 3, 4)]
    public void A_shard_is_read_from_its_text_or_from_what_the_scheduler_tells(string text, string environment, int number, int count)
    {
        Shard shard = Parse(text, environment);
        (shard.Number, shard.Count).ShouldBe((number, count));
    }

    [Theory]
    [InlineData("0/0", "", "There is no shard 0/0; give one from 1/N to N/N, such as 3/100.")]
    [InlineData("5/4", "", "There is no shard 5/4; give one from 1/N to N/N, such as 3/100.")]
    [InlineData("0/4", "", "There is no shard 0/4; give one from 1/N to N/N, such as 3/100.")]
    [InlineData("-1/4", "", "There is no shard -1/4; give one from 1/N to N/N, such as 3/100.")]
    [InlineData("3", "", "The shard is '3'; give i/n, such as 3/100, or auto, or auto/100.")]
    [InlineData("a/4", "", "The shard is 'a/4'; give i/n, such as 3/100, or auto, or auto/100.")]
    [InlineData("1/2/3", "", "The shard is '1/2/3'; give i/n, such as 3/100, or auto, or auto/100.")]
    [InlineData("auto/x", "", "The shard is 'auto/x'; give i/n, such as 3/100, or auto, or auto/100.")]
    [InlineData("auto", "", "The shard is auto, but no scheduler tells this process its place (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, or RANK of Azure ML); give it as i/n, such as 3/100.")]
    [InlineData("auto", "RANK=2 WORLD_SIZE=4", "The shard is auto, but no scheduler tells this process its place (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, or RANK of Azure ML); give it as i/n, such as 3/100.")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=3", "The shard is auto, and JOB_COMPLETION_INDEX is 3, but nothing tells how many shards there are; give auto/n, such as auto/100.")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=3", "The shard is auto, and SLURM_ARRAY_TASK_ID is 3, but SLURM_ARRAY_TASK_COUNT is not set; give auto/n, such as auto/100.")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=x", "SLURM_ARRAY_TASK_ID is 'x', which is no number; give the shard as i/n.")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=5", "The shard is auto, but SLURM_ARRAY_TASK_ID = 9 is none of 2 tasks counted from 5; number the tasks without gaps, or give the shard as i/n.")]
    [InlineData("auto/4", "JOB_COMPLETION_INDEX=4", "The shard is auto, but JOB_COMPLETION_INDEX = 4 is none of 4 tasks counted from 0; number the tasks without gaps, or give the shard as i/n.")]
    public void A_shard_that_does_not_exist_is_refused_with_one_sentence(string text, string environment, string message) =>
        Should.Throw<InputException>(() => Parse(text, environment)).Message.ShouldBe(message);

    private static Shard Parse(string text, string environment)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[1]);
        return Shard.Parse(text, variables.GetValueOrDefault);
    }

    private void SameAttack(ImageSet images, AttackOptions options, string[] names, int shards)
    {
        NamedOptimizer[] optimizers = [.. names.Select(name => NamedOptimizer.Create(name))];
        Whole(images, options, optimizers);

        // In another order than they are merged, by oracles that know nothing of each other.
        for (int i = shards; i >= 1; i--)
        {
            var shard = new Shard(i, shards);
            using var oracle = new TinyClassifier(concurrency: 1 + (i % 2));
            new AttackSession(oracle, images, optimizers, options with { Shard = shard }) { Folder = shard.FolderIn(_temp.At("parts")), Command = "same" }.Run().Partial.ShouldBeFalse();
        }

        AttackResult merged = ShardMerge.Of([_temp.At("parts")]).MergeAttack(_temp.At("parts"));

        merged.Runs.SelectMany(run => run.Images).ShouldContain(image => image.Success);
        SameFiles();
    }

    private void Whole(ImageSet images, AttackOptions options, NamedOptimizer[] optimizers)
    {
        using var oracle = new TinyClassifier();
        new AttackSession(oracle, images, optimizers, options) { Folder = _temp.At("whole"), Command = "same" }.Run().Partial.ShouldBeFalse();
    }

    private void SameFiles()
    {
        string[] expected = [.. Files("whole")];
        Files("parts").Where(file => !file.StartsWith("shards", StringComparison.Ordinal)).ShouldBe(expected, ignoreOrder: true);
        expected.ShouldContain(file => file.EndsWith("panel.png", StringComparison.Ordinal) || file.StartsWith("panel-", StringComparison.Ordinal));
        foreach (string file in expected)
        {
            byte[] one = File.ReadAllBytes(Path.Combine(_temp.At("whole"), file)), merged = File.ReadAllBytes(Path.Combine(_temp.At("parts"), file));
            if (file.EndsWith(".json", StringComparison.Ordinal))
            {
                Timeless(merged).Split('\n').Except(Timeless(one).Split('\n')).ShouldBeEmpty(file);
                (Timeless(merged) == Timeless(one)).ShouldBeTrue(file);
            }
            else
            {
                merged.AsSpan().SequenceEqual(one).ShouldBeTrue(file);
            }
        }
    }

    private IEnumerable<string> Files(string folder) => Directory.GetFiles(_temp.At(folder), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_temp.At(folder), file));

    // What was sent again after an interruption is counted as in any resumed run.
    private static string Timeless(byte[] json) => Regex.Replace(
        Regex.Replace(System.Text.Encoding.UTF8.GetString(json), "  \"resentQueries\": \\d+,\n", ""), "\"(seconds|oracleSeconds|queriesPerSecond)\": [^,\n]*", "\"$1\": 0");
}
