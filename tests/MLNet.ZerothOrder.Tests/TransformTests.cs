using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TransformTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Rows_come_to_the_same_end_as_in_an_attack_of_their_own()
    {
        const int Count = 30;
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(_ml.View(Count));
        AttackedDigit[] rows = _ml.Read(transformer.Transform(_ml.View(Count)));

        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Digits.LeNet);
        AttackResult result = new BlackBoxAttack(oracle, BundledOptimizers.Load("zo-lstm-plus"), Digits.Options.Attack with { Levels = null }).Run(GeneratedDigits.Create(Count));

        result.Runs[0].Images.Count.ShouldBe(rows.Count(row => row.Queries > 0));
        result.Runs[0].Images.Count(p => p.Success).ShouldBeInRange(1, Count);
        foreach (ImageResult image in result.Runs[0].Images)
        {
            AttackedDigit row = rows[image.Index];
            row.Success.ShouldBe(image.Success);
            row.Queries.ShouldBe(image.Queries);
            row.QueriesToSuccess.ShouldBe(image.QueriesToFirstSuccess ?? 0);
            row.AdversarialLabel.ShouldBe(image.AdversarialLabel ?? image.Label);
            row.Adversarial.ShouldBe((image.Adversarial ?? image.Original).ToArray());
            row.Distortion.ShouldBe((float)(image.Distortion?.L1 ?? double.NaN));
        }
    }

    [Fact]
    public void An_audit_of_a_data_view_has_the_numbers_of_an_audit_of_its_images()
    {
        const int Count = 12;
        var audit = new AuditOptions { Epsilons = [0.1, 0.2], Budget = 150, FlaggedCost = 2 };
        AuditResult found = _ml.ZerothOrder().EvaluateRobustness(_ml.View(Count), new BlackBoxAttackOptions { ModelPath = Digits.LeNet }, audit);

        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Digits.LeNet);
        AuditResult expected = new AuditSession(oracle, GeneratedDigits.Create(Count), audit).Run();
        found.CleanAccuracy.ShouldBe(expected.CleanAccuracy);
        found.OverheadQueries.ShouldBe(expected.OverheadQueries);
        foreach ((AuditLevel level, AuditLevel other) in found.Levels.Zip(expected.Levels))
        {
            level.RobustAccuracy.ShouldBe(other.RobustAccuracy);
            level.Stages.ShouldBe(other.Stages);
            level.Images.Select(image => (image.Label, image.Fell, image.Queries)).ShouldBe(other.Images.Select(image => (image.Label, image.Fell, image.Queries)));
        }

        found.FlaggedQueries.ShouldBe(expected.FlaggedQueries);
        found.Levels.Select(level => level.Epsilon).ShouldBe([0.1, 0.2]);
        found.Levels[^1].RobustAccuracy.Right.ShouldBeLessThan(Count);
    }

    [Fact]
    public void An_audit_refuses_options_that_it_has_no_use_for_and_rows_that_are_not_there()
    {
        var audit = new AuditOptions { Epsilons = [0.1] };
        var target = new BlackBoxAttackOptions { ModelPath = Digits.LeNet };
        foreach (BlackBoxAttackOptions useless in (BlackBoxAttackOptions[])[target with { Optimizer = "zo-adam" }, target with { Attack = new AttackOptions { Seed = 2 } }, target with { Training = AttackTraining.FineTune }])
        {
            Should.Throw<InputException>(() => _ml.ZerothOrder().EvaluateRobustness(_ml.View(2), useless, audit))
                .Message.ShouldBe("An audit has methods of its own, so Attack, Optimizer, Settings, Directions and Training have no effect on it; leave them unset.");
        }

        Should.Throw<InputException>(() => _ml.ZerothOrder().EvaluateRobustness(_ml.Data.LoadFromEnumerable(Array.Empty<Digits.Digit>()), target, audit)).Message.ShouldBe("There are no rows to audit; give at least one.");
    }

    [Fact]
    public void A_row_that_the_classifier_gets_wrong_is_not_attacked()
    {
        Digits.Digit[] rows = [.. Digits.Rows(6)];
        rows[2].Label = (rows[2].Label + 1) % 10;
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options);
        AttackedDigit wrong = _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows)))[2];

        (wrong.Success, wrong.Queries, wrong.QueriesToSuccess, wrong.AdversarialLabel).ShouldBe((false, 0, 0, (rows[2].Label + 9) % 10));
        wrong.Adversarial.ShouldBe(rows[2].Features);
        wrong.Distortion.ShouldBe(float.NaN);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public void Rows_of_the_target_class_are_right_and_not_attacked(int? lookAhead)
    {
        const int Target = 3;
        BlackBoxAttackOptions options = Digits.Options with { Attack = Digits.Options.Attack with { Loss = new AttackLoss { Target = Target } }, LookAhead = lookAhead };
        Digits.Digit[] digits = [.. Digits.Rows(12)];
        digits[0].Label = (digits[0].Label + 1) % 10;
        IDataView view = _ml.Data.LoadFromEnumerable(digits);
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(options).Fit(view);
        AttackedDigit[] rows = _ml.Read(transformer.Transform(view));

        rows.Where(row => row.Queries == 0).Select(row => row.Label).ShouldBe([digits[0].Label, Target], ignoreOrder: true);
        rows.Single(row => row.Label == Target).AdversarialLabel.ShouldBe(Target);
        rows.Where(row => row.Success).ShouldAllBe(row => row.AdversarialLabel == Target);
        RobustnessMetrics metrics = _ml.ZerothOrder().EvaluateRobustness(transformer.Transform(view));
        metrics.Attacked.ShouldBe(10);
        metrics.CleanAccuracy.ShouldBe(11 / 12.0);
        metrics.AccuracyUnderAttack.ShouldBe((11.0 - metrics.Successes) / 12);
        metrics.AccuracyByQueries[0].Accuracy.ShouldBe(metrics.CleanAccuracy);
        metrics.AccuracyByQueries[^1].Accuracy.ShouldBe(metrics.AccuracyUnderAttack);
    }

    [Theory]
    [InlineData(TargetChoice.RandomOther)]
    [InlineData(TargetChoice.LeastLikely)]
    public void Each_row_can_have_a_target_of_its_own_as_in_an_attack_of_its_own(TargetChoice choice)
    {
        const int Count = 6;
        BlackBoxAttackOptions options = Digits.Options with { Attack = Digits.Options.Attack with { Loss = new AttackLoss { TargetChoice = choice, Norm = DistortionNorm.LInfinity }, Limits = new RunLimits { Iterations = 30 } } };
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(Count));
        AttackedDigit[] rows = _ml.Read(transformer.Transform(_ml.View(Count)));

        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Digits.LeNet);
        AttackResult result = new BlackBoxAttack(oracle, BundledOptimizers.Load("zo-lstm-plus"), options.Attack with { Levels = null }).Run(GeneratedDigits.Create(Count));
        transformer.Attack.Loss.DistortionWeight.ShouldBe(result.Runs[0].Settings.DistortionWeight);
        result.Runs[0].Images.Count.ShouldBe(Count);
        foreach (ImageResult image in result.Runs[0].Images)
        {
            rows[image.Index].Queries.ShouldBe(image.Queries);
            rows[image.Index].Adversarial.ShouldBe((image.Adversarial ?? image.Original).ToArray());
        }
    }

    [Fact]
    public void A_target_that_depends_on_the_rows_beside_or_that_training_cannot_have_is_refused()
    {
        Refused(Digits.Options with { Attack = new AttackOptions { Loss = new AttackLoss { LabelsOnly = true, Norm = DistortionNorm.L2, Target = 3 } } }).ShouldContain("would depend on the rows beside it");
        Refused(Digits.Options with { Attack = new AttackOptions { Loss = new AttackLoss { Target = 3, TargetChoice = TargetChoice.RandomOther } } }).ShouldContain("both a Target and a TargetChoice");
        Refused(Digits.Options with { Training = AttackTraining.FineTune, Attack = new AttackOptions { Loss = new AttackLoss { TargetChoice = TargetChoice.RandomOther } } }).ShouldContain("one target class or none");

        string Refused(BlackBoxAttackOptions options) => Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options)).Message;
    }

    [Fact]
    public void A_class_beyond_the_keys_of_the_labels_is_a_missing_key()
    {
        IDataView view = _ml.Transforms.CustomMapping<Digits.Digit, FourKeys>((from, to) => to.Key = (uint)from.Label, null).Fit(_ml.View(4)).Transform(_ml.View(4));
        using BlackBoxAttackTransformer keyed = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { LabelColumnName = "Key" }).Fit(view), plain = Fit(Digits.Options);
        int[] classes = [.. plain.Transform(_ml.View(4)).GetColumn<int>("AdversarialLabel")];

        classes.ShouldContain(label => label > 3);
        keyed.Transform(view).GetColumn<uint>("AdversarialLabel").ShouldBe(classes.Select(label => label > 3 ? 0 : (uint)label + 1));
    }

    [Fact]
    public void Rows_of_which_none_is_classified_correctly_are_no_error()
    {
        Digits.Digit[] rows = [.. Digits.Rows(3)];
        Array.ForEach(rows, row => row.Label = (row.Label + 1) % 10);
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options);

        _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows))).ShouldAllBe(row => row.Queries == 0 && !row.Success);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(null)]
    public void Results_do_not_depend_on_how_rows_are_packed_shuffled_or_taken(int? lookAhead)
    {
        const int Count = 40;
        using BlackBoxAttackTransformer reference = Fit(Digits.Options with { LookAhead = 100 });
        Dictionary<int, string> expected = _ml.Read(reference.Transform(_ml.View(Count))).ToDictionary(row => row.Id, row => row.Bits);
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options with { LookAhead = lookAhead });
        IDataView rows = _ml.View(Count);
        IDataView[] views =
        [
            transformer.Transform(rows),
            transformer.Transform(_ml.Data.ShuffleRows(rows, seed: 4)),
            _ml.Data.ShuffleRows(transformer.Transform(rows), seed: 5),
            _ml.Data.TakeRows(transformer.Transform(rows), 9),
            _ml.Data.SkipRows(transformer.Transform(rows), 31),
            _ml.Data.FilterRowsByColumn(transformer.Transform(_ml.Transforms.Conversion.ConvertType("Number", "Id", DataKind.Single).Fit(rows).Transform(rows)), "Number", 20, 25),
            transformer.Transform(_ml.Data.TrainTestSplit(rows, 0.3).TestSet),
        ];

        foreach (IDataView view in views)
        {
            AttackedDigit[] attacked = _ml.Read(view);
            attacked.ShouldNotBeEmpty();
            attacked.ShouldAllBe(row => row.Bits == expected[row.Id]);
        }
    }

    [Fact]
    public void Cursors_on_many_threads_see_the_same_rows()
    {
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options);
        IDataView attacked = transformer.Transform(_ml.View(12));
        string[] expected = [.. _ml.Read(attacked).Select(row => row.Bits)];
        var seen = new string[4][];
        Parallel.For(0, seen.Length, i => seen[i] = [.. _ml.Read(attacked).Select(row => row.Bits)]);

        seen.ShouldAllBe(rows => rows.SequenceEqual(expected));
    }

    [Fact]
    public void A_prediction_engine_comes_to_the_same_results()
    {
        BlackBoxAttackTransformer transformer = Fit(Digits.Options);
        string[] expected = [.. _ml.Read(transformer.Transform(_ml.View(5))).Select(row => row.Bits)];
        using PredictionEngine<Digits.Digit, AttackedDigit> engine = _ml.Model.CreatePredictionEngine<Digits.Digit, AttackedDigit>(transformer);

        Digits.Rows(5).Select(row => engine.Predict(row).Bits).ShouldBe(expected);
    }

    [Fact]
    public void Rows_in_another_range_come_to_the_same_end()
    {
        using BlackBoxAttackTransformer unit = Fit(Digits.Options);
        AttackedDigit[] expected = _ml.Read(unit.Transform(_ml.View(8)));

        // The generated digits are bytes over 255, so that times 255 and back is exact.
        Digits.Digit[] rows = [.. Digits.Rows(8)];
        Array.ForEach(rows, row => row.Features = [.. row.Features.Select(x => MathF.Round(x * 255))]);
        using BlackBoxAttackTransformer bytes = Fit(Digits.Options with { ModelPath = null, Target = _ml.ZerothOrder().FromTransformer(Scaled(1 / 255f)), Maximum = 255 }, rows);
        AttackedDigit[] seen = _ml.Read(bytes.Transform(_ml.Data.LoadFromEnumerable(rows)));

        seen.Select(row => row.Success).ShouldBe(expected.Select(row => row.Success));
        seen.Count(row => row.Success).ShouldBeGreaterThan(0);
        foreach ((AttackedDigit attacked, Digits.Digit row) in seen.Zip(rows))
        {
            attacked.Adversarial.Max().ShouldBeGreaterThan(1.5f);
            attacked.Adversarial.ShouldAllBe(x => x >= 0 && x <= 255);
            if (attacked.Success)
            {
                // Last bits of scores send attacks other ways on other processors, so the distortion is computed here, in units of the range.
                double change = attacked.Adversarial.Zip(row.Features, (x, original) => Math.Abs(x - original) / 255.0).Sum();
                attacked.Distortion.ShouldBe((float)change, 1e-3 * change);
            }
        }
    }

    [Fact]
    public void Nothing_is_asked_where_no_added_column_is_read()
    {
        (BlackBoxAttackTransformer transformer, CountingModel model) = Counted();
        int before = model.Rows;
        IDataView attacked = transformer.Transform(Points.View(_ml));
        attacked.GetColumn<int>("Label").Count().ShouldBe(60);

        model.Rows.ShouldBe(before);
    }

    [Fact]
    public void Each_row_is_attacked_once_per_cursor_and_many_together()
    {
        (BlackBoxAttackTransformer transformer, CountingModel model) = Counted();
        (int calls, int rows) = (model.Calls, model.Rows);
        IDataView attacked = transformer.Transform(Points.View(_ml));
        using DataViewRowCursor cursor = attacked.GetRowCursor(attacked.Schema);
        ValueGetter<long> queries = cursor.GetGetter<long>(attacked.Schema["Queries"]);
        ValueGetter<bool> success = cursor.GetGetter<bool>(attacked.Schema["Success"]);
        long charged = 0;
        int succeeded = 0;
        while (cursor.MoveNext())
        {
            long count = 0;
            bool solved = false;
            queries(ref count);
            queries(ref count);
            success(ref solved);
            charged += count;
            succeeded += solved ? 1 : 0;
        }

        // Besides the ledgers' count, each row is checked once before and each success twice after: as it is and in 8 bits.
        (model.Rows - rows).ShouldBe((int)charged + 60 + (2 * succeeded));
        (model.Calls - calls).ShouldBeLessThan((model.Rows - rows) / 100);
    }

    [Fact]
    public void A_first_look_does_not_attack_all_rows()
    {
        (BlackBoxAttackTransformer transformer, CountingModel model) = Counted();
        int before = model.Rows;
        _ml.Data.TakeRows(transformer.Transform(Points.View(_ml, 600)), 1).GetColumn<bool>("Success").Count().ShouldBe(1);

        (model.Rows - before).ShouldBeInRange(16, 16 * 1000);
    }

    [Fact]
    public void Cancellation_ends_the_reading()
    {
        using var source = new CancellationTokenSource();
        int steps = 0;
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options with
        {
            Cancellation = source.Token,
            Progress = _ =>
            {
                if (++steps == 20)
                {
                    source.Cancel();
                }
            },
        });

        Should.Throw<OperationCanceledException>(() => _ml.Read(transformer.Transform(_ml.View(10))));
        steps.ShouldBeLessThan(100);
    }

    private BlackBoxAttackTransformer Fit(BlackBoxAttackOptions options, IEnumerable<Digits.Digit>? rows = null) =>
        _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.Data.LoadFromEnumerable(rows ?? Digits.Rows(2)));

    // The classifier behind a factor, as an ML.NET chain.
    private ITransformer Scaled(float factor)
    {
        IDataView rows = _ml.View(1);
        return _ml.Transforms.CustomMapping<Vector, Image>((from, to) => to.image = [.. from.Features.Select(x => x * factor)], null)
            .Append(_ml.Transforms.ApplyOnnxModel("logits", "image", Digits.LeNet)).Append(_ml.Transforms.CopyColumns("Score", "logits")).Fit(rows);
    }

    private (BlackBoxAttackTransformer Transformer, CountingModel Model) Counted()
    {
        IDataView data = Points.View(_ml);
        var model = new CountingModel(Points.Linear(_ml, data));
        return (_ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(model), Attack = Points.Attack }).Fit(data), model);
    }

    private sealed class FourKeys
    {
        [KeyType(4)]
        public uint Key { get; set; }
    }

    private sealed class Vector
    {
        [VectorType(Digits.Pixels)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Image
    {
        [VectorType(1, 1, 28, 28)]
#pragma warning disable SA1300, IDE1006 // The model's own name.
        public float[] image { get; set; } = [];
#pragma warning restore SA1300, IDE1006
    }
}
