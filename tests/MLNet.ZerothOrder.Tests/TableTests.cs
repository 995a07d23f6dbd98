using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TableTests
{
    private static readonly AttackOptions Quick = new() { Limits = new RunLimits { Iterations = 40 } };

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Constraints_are_learned_and_told_in_words()
    {
        string words = FeatureConstraints.Learn(Applicants.View(_ml), Applicants.Raw).ToString();
        words.ShouldContain("Age: whole numbers 18..75, spread ");
        words.ShouldContain("OwnsHome: one of False, True");
        words.ShouldContain("Job: one of employed, none, self-employed");
        FeatureConstraints.Learn(Applicants.Vectors(_ml)).ToString().ShouldContain("OwnsHome: whole numbers 0..1");

        IDataView view = Applicants.View(_ml);
        view = _ml.Transforms.Categorical.OneHotEncoding("Jobs", "Job").Append(_ml.Transforms.Concatenate("Features", "Income", "Jobs")).Fit(view).Transform(view);
        FeatureConstraints.Learn(view).ToString().ShouldContain(": exactly one is 1");
        FeatureConstraints.Learn(_ml.Data.LoadFromEnumerable(Applicants.Rows(5).Select(row =>
        {
            row.Years = 7;
            return row;
        }).ToArray()), ["Years"]).ToString().ShouldContain("Years: cannot change");
        FeatureConstraints.Learn(Applicants.View(_ml), ["Income"], quantile: 0.1).ToString().ShouldNotBe(FeatureConstraints.Learn(Applicants.View(_ml), ["Income"]).ToString());
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("zo-adam")]
    [InlineData("zo-lstm-plus")]
    public void Every_asked_row_and_every_result_keeps_the_constraints(string optimizer)
    {
        IDataView data = Applicants.Vectors(_ml);
        FeatureConstraints constraints = Applicants.Constraints(data);
        ITransformer trees = Trees(data);
        int asked = 0;
        HashSet<string> originals = [.. data.GetColumn<float[]>("Features").Select(row => $"{row[0]}")];
        var watched = new WatchedModel(trees, row =>
        {
            asked++;
            // The original of an asked row is not known here, so rules for single rows are checked, and that no age is a new one.
            constraints.Violation(row).ShouldBeNull();
            originals.ShouldContain($"{row[0]}");
        });
        BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(watched), Constraints = constraints, Optimizer = optimizer,
            Attack = Quick with { Limits = new RunLimits { Iterations = optimizer == "auto" ? 40 : 10 } },
        }).Fit(data);
        IDataView attacked = _ml.Data.Cache(attack.Transform(_ml.Data.TakeRows(data, 40)));
        (float[] Before, float[] After, bool Success, bool Label, float Distance)[] rows =
        [
            .. attacked.GetColumn<float[]>("Features").Zip(attacked.GetColumn<float[]>("Adversarial"), attacked.GetColumn<bool>("Success")).Zip(attacked.GetColumn<bool>("AdversarialLabel"), attacked.GetColumn<float>("Distortion"))
                .Select(row => (row.First.First, row.First.Second, row.First.Third, row.Second, row.Third)),
        ];

        asked.ShouldBeGreaterThan(1000);
        rows.ShouldAllBe(row => constraints.Violation(row.Before, row.After) == null);
        rows.Where(row => row.Success).ShouldAllBe(row => Math.Abs(constraints.Distance(row.Before, row.After).L1 - row.Distance) < 1e-4);
        if (optimizer == "auto")
        {
            rows.Count(row => row.Success).ShouldBeGreaterThan(25);
            rows.Where(row => row.Success).Select(row => constraints.Distance(row.Before, row.After).Changed).Order().ElementAt(12).ShouldBeLessThanOrEqualTo(2);
            IDataView rescored = trees.Transform(_ml.Transforms.CopyColumns("Features", "Adversarial").Fit(attacked).Transform(attacked));
            rescored.GetColumn<bool>("PredictedLabel").ShouldBe(rows.Select(row => row.Label));
        }
    }

    [Fact]
    public void Raw_columns_are_attacked_through_the_whole_pipeline()
    {
        IDataView data = Applicants.View(_ml);
        ITransformer pipeline = Pipeline().Append(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 20, numberOfLeaves: 8)).Fit(data);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(pipeline), InputColumnNames = Applicants.Raw, Attack = Quick,
        }).Fit(data);
        IDataView attacked = _ml.Data.Cache(attack.Transform(_ml.Data.TakeRows(data, 20)));
        attacked.Schema["Adversarial.Job"].Type.ShouldBe(TextDataViewType.Instance);
        attacked.Schema["Adversarial.OwnsHome"].Type.ShouldBe(BooleanDataViewType.Instance);
        attacked.GetColumn<string>("Adversarial.Job").Distinct().ShouldBeSubsetOf(["employed", "self-employed", "none"]);
        attacked.GetColumn<float>("Adversarial.Debts").ShouldAllBe(debts => debts == MathF.Round(debts));
        _ml.ZerothOrder().EvaluateRobustness(attacked).SuccessRate.ShouldBeGreaterThan(0.7);

        IDataView back = attacked;
        foreach (string name in Applicants.Raw)
        {
            back = _ml.Transforms.CopyColumns(name, $"Adversarial.{name}").Fit(back).Transform(back);
        }

        pipeline.Transform(back).GetColumn<bool>("PredictedLabel").ShouldBe(attacked.GetColumn<bool>("AdversarialLabel"));
        Should.Throw<InputException>(() => _ml.Model.Save(attack, data.Schema, Stream.Null)).Message.ShouldContain("cannot be saved");
    }

    [Fact]
    public void Rows_of_the_target_class_are_right_and_not_attacked()
    {
        IDataView data = Applicants.View(_ml);
        ITransformer pipeline = Pipeline().Append(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 20, numberOfLeaves: 8)).Fit(data);
        var options = new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(pipeline), InputColumnNames = Applicants.Raw, Attack = Quick with { Loss = Quick.Loss with { Target = 1 } },
        };
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(options).Fit(data);
        IDataView rows = _ml.Data.TakeRows(data, 20), attacked = _ml.Data.Cache(attack.Transform(rows));
        bool[] labels = [.. rows.GetColumn<bool>("Label")], predicted = [.. pipeline.Transform(rows).GetColumn<bool>("PredictedLabel")];
        RobustnessMetrics metrics = _ml.ZerothOrder().EvaluateRobustness(attacked);

        metrics.OfTarget.ShouldBe(labels.Zip(predicted).Count(row => row is { First: true, Second: true }));
        metrics.OfTarget.ShouldBePositive();
        metrics.Attacked.ShouldBe(labels.Zip(predicted).Count(row => row is { First: false, Second: false }));
        metrics.CleanAccuracy.ShouldBe(labels.Zip(predicted).Count(row => row.First == row.Second) / 20.0);
        Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options with { Attack = Quick with { Loss = Quick.Loss with { TargetChoice = TargetChoice.RandomOther } } }).Fit(data)).Message.ShouldContain("is chosen for images");
        Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options with { Attack = Quick with { Limits = Quick.Limits with { FlaggedCost = 2 } } }).Fit(data)).Message.ShouldContain("flagged queries is for images");
    }

    [Fact]
    public void A_regression_is_moved_by_as_much_as_is_asked()
    {
        IDataView data = Applicants.View(_ml);
        ITransformer pipeline = Pipeline().Append(_ml.Regression.Trainers.FastTree("Limit", numberOfTrees: 20, numberOfLeaves: 8)).Fit(data);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(pipeline), InputColumnNames = Applicants.Raw, Goal = prediction => RowGoal.Above(prediction + 500), Attack = Quick,
        }).Fit(data);
        IDataView attacked = _ml.Data.Cache(attack.Transform(_ml.Data.TakeRows(data, 20)));
        float[] before = [.. pipeline.Transform(attacked).GetColumn<float>("Score")], after = [.. attacked.GetColumn<float>("AdversarialScore")];
        bool[] success = [.. attacked.GetColumn<bool>("Success")];
        success.Count(found => found).ShouldBeGreaterThan(15);
        for (int i = 0; i < before.Length; i++)
        {
            (after[i] > before[i] + 500).ShouldBe(success[i]);
        }
    }

    [Fact]
    public void Three_classes_and_keys_are_attacked_too()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Applicants.Rows(300).Select(row => new Graded { Income = row.Income, Debts = row.Debts, Job = row.Job, Grade = row.Limit > 2500 ? "A" : row.Limit > 0 ? "B" : "C" }));
        data = _ml.Transforms.Conversion.MapValueToKey("JobKey", "Job").Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Grade")).Fit(data).Transform(data);
        ITransformer pipeline = _ml.Transforms.Categorical.OneHotEncoding("JobCode", "JobKey").Append(_ml.Transforms.Concatenate("Features", "Income", "Debts", "JobCode"))
            .Append(_ml.Transforms.NormalizeMinMax("Features")).Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 20)).Fit(data);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(pipeline), InputColumnNames = ["Income", "Debts", "JobKey"], Attack = Quick,
        }).Fit(data);
        IDataView attacked = _ml.Data.Cache(attack.Transform(_ml.Data.TakeRows(data, 15)));
        attacked.Schema["Adversarial.JobKey"].Type.ShouldBe(data.Schema["JobKey"].Type);
        attacked.GetColumn<uint>("Adversarial.JobKey").ShouldAllBe(key => key >= 1 && key <= 3);
        _ml.ZerothOrder().EvaluateRobustness(attacked).SuccessRate.ShouldBeGreaterThan(0.8);
    }

    [Fact]
    public void A_saved_attack_with_constraints_gives_the_same_rows()
    {
        IDataView data = Applicants.Vectors(_ml);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(Trees(data)), Constraints = Applicants.Constraints(data), Attack = Quick,
        }).Fit(data);
        using var saved = new MemoryStream();
        _ml.Model.Save(attack, data.Schema, saved);
        saved.Position = 0;
        ITransformer loaded = new MLContext().ZerothOrder().Load(saved, out _);
        IDataView first = _ml.Data.TakeRows(data, 8);
        loaded.Transform(first).GetColumn<float[]>("Adversarial").ShouldBe(attack.Transform(first).GetColumn<float[]>("Adversarial"));
    }

    [Fact]
    public void Flat_scores_are_noticed_and_said()
    {
        var messages = new List<string>();
        _ml.Log += (_, line) => messages.Add(line.Message);
        IDataView data = Points.View(_ml, 120, 2);
        ITransformer trees = _ml.BinaryClassification.Trainers.FastTree("Is", numberOfLeaves: 8, numberOfTrees: 20, minimumExampleCountPerLeaf: 2).Fit(data);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(
            new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(trees), LabelColumnName = "Is", Attack = Quick }).Fit(data);
        lock (messages)
        {
            messages.ShouldContain(line => line.Contains("threshold-search attacks it"));
        }

        _ml.ZerothOrder().EvaluateRobustness(attack.Transform(data)).SuccessRate.ShouldBe(1);
    }

    [Fact]
    public void Counterfactuals_are_feasible_sparse_diverse_and_told_in_words()
    {
        IDataView data = Applicants.View(_ml);
        ITransformer pipeline = Pipeline().Append(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 20, numberOfLeaves: 8)).Fit(data);
        FeatureConstraints constraints = FeatureConstraints.Learn(data, Applicants.Raw);
        constraints.Slot("Age").Immutable();
        IReadOnlyList<Counterfactual> found = _ml.ZerothOrder().Counterfactuals(
            pipeline, _ml.Data.TakeRows(data, 15), new CounterfactualOptions { InputColumnNames = Applicants.Raw, Constraints = constraints, Target = 1 });

        bool[] accepted = [.. pipeline.Transform(_ml.Data.TakeRows(data, 15)).GetColumn<bool>("PredictedLabel")];
        found.Select(item => item.Row).Distinct().ShouldBe(Enumerable.Range(0, 15).Where(i => !accepted[i]));
        found.ShouldAllBe(item => item.Scores[1] > item.Scores[0]);
        found.Select(item => item.Distance.Changed).Order().ElementAt(found.Count / 2).ShouldBeLessThanOrEqualTo(2);
        foreach (IGrouping<int, Counterfactual> row in found.GroupBy(item => item.Row))
        {
            row.Count().ShouldBeLessThanOrEqualTo(3);
            row.Select(item => item.Distance.L1).ShouldBeInOrder();
            row.Select(item => item.Sentence).Distinct().Count().ShouldBe(row.Count());
        }

        found[0].Sentence.ShouldMatch("^(Income|Debts|Years|OwnsHome|Job) .+ → .+");
    }

    [Fact]
    public void Normalized_features_are_no_whole_numbers_and_annotated_slots_are_groups()
    {
        IDataView view = Applicants.View(_ml);
        view = _ml.Transforms.NormalizeMinMax("OwnsNumber", "Debts").Append(_ml.Transforms.Categorical.OneHotEncoding("Jobs", "Job"))
            .Append(_ml.Transforms.Concatenate("Features", "OwnsNumber", "Jobs")).Fit(view).Transform(view);
        string words = FeatureConstraints.Learn(view).ToString();
        words.ShouldContain("OwnsNumber: normalized numbers 0..1, spread ");
        words.ShouldContain("Jobs.employed, Jobs.self-employed, Jobs.none: exactly one is 1");
        FeatureConstraints.Parse(FeatureConstraints.Learn(view).ToJson()).ToString().ShouldBe(words);
    }

    [Fact]
    public void A_model_that_hashes_a_column_is_refused_with_the_reason()
    {
        IDataView data = Applicants.View(_ml, 60);
        ITransformer hashing = _ml.Transforms.Categorical.OneHotHashEncoding("JobCode", "Job", numberOfBits: 4).Append(_ml.Transforms.Concatenate("Features", "Income", "Debts", "JobCode"))
            .Append(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 5, numberOfLeaves: 4)).Fit(data);
        Refused(new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(hashing), InputColumnNames = ["Income", "Debts", "Job"] }, data).ShouldContain("values that share a hash are the same to it");
        Should.Throw<InputException>(() => _ml.ZerothOrder().Counterfactuals(hashing, data, new CounterfactualOptions { InputColumnNames = ["Income", "Debts", "Job"] })).Message.ShouldContain("hashes a column");
    }

    [Fact]
    public void Missing_values_stay_missing_and_rows_without_a_score_are_not_attacked()
    {
        Applicants.Applicant[] rows = [.. Applicants.Rows(80)];
        rows[0].Income = rows[1].Years = float.NaN;
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        foreach (bool isTree in new[] { true, false })
        {
            ITransformer model = _ml.Transforms.Concatenate("Features", "Age", "Income", "Debts", "Years").Append(isTree
                ? _ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10, numberOfLeaves: 8, minimumExampleCountPerLeaf: 3) : _ml.Transforms.NormalizeMinMax("Features").Append(_ml.BinaryClassification.Trainers.SdcaLogisticRegression(maximumNumberOfIterations: 20)) as IEstimator<ITransformer>).Fit(_ml.Data.SkipRows(data, 2));
            using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
            {
                Target = _ml.ZerothOrder().FromTransformer(model), InputColumnNames = ["Age", "Income", "Debts", "Years"], Attack = Quick with { Limits = new RunLimits { Iterations = 10 } },
            }).Fit(data);
            IDataView attacked = _ml.Data.Cache(attack.Transform(_ml.Data.TakeRows(data, 6)));
            attacked.GetColumn<float>("Adversarial.Income").First().ShouldBe(float.NaN);
            attacked.GetColumn<float>("Adversarial.Years").ElementAt(1).ShouldBe(float.NaN);
            attacked.GetColumn<long>("Queries").Skip(2).ShouldContain(queries => queries > 0);
            float score = model.Transform(data).GetColumn<float>("Score").First();
            attacked.GetColumn<long>("Queries").First().ShouldBe(float.IsNaN(score) ? 0 : attacked.GetColumn<long>("Queries").First());
            attack.Warnings.Any(warning => warning.Contains("no finite score")).ShouldBe(float.IsNaN(score));
        }
    }

    [Fact]
    public void Rows_that_reach_their_goal_already_are_not_attacked()
    {
        IDataView data = Applicants.View(_ml);
        ITransformer pipeline = Pipeline().Append(_ml.Regression.Trainers.FastTree("Limit", numberOfTrees: 20, numberOfLeaves: 8)).Fit(data);
        IDataView rows = _ml.Data.TakeRows(data, 40);
        float[] before = [.. pipeline.Transform(rows).GetColumn<float>("Score")];
        float middle = before.Order().ElementAt(20);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(pipeline), InputColumnNames = Applicants.Raw, Goal = _ => RowGoal.Above(middle), Attack = Quick,
        }).Fit(data);
        IDataView attacked = _ml.Data.Cache(attack.Transform(rows));
        attacked.GetColumn<long>("Queries").Select(queries => queries == 0).ShouldBe(before.Select(score => score > middle));
        attacked.GetColumn<bool>("Success").Zip(before).ShouldAllBe(row => !row.First || row.Second <= middle);
        var options = new CounterfactualOptions { InputColumnNames = Applicants.Raw, Goal = _ => RowGoal.Above(middle) };
        _ml.ZerothOrder().Counterfactuals(pipeline, rows, options).ShouldAllBe(found => before[found.Row] <= middle);
    }

    [Fact]
    public void A_column_of_probabilities_is_taken_for_one()
    {
        IDataView data = Applicants.Vectors(_ml);
        ITransformer trees = Trees(data);
        bool[][] turned = [.. ((string[])["Score", "Probability"]).Select(column =>
        {
            using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
            {
                Target = _ml.ZerothOrder().FromTransformer(trees, scoreColumnName: column), Constraints = Applicants.Constraints(data), Attack = Quick with { Limits = new RunLimits { Iterations = 10 } },
            }).Fit(data);
            return attack.Transform(_ml.Data.TakeRows(data, 30)).GetColumn<bool>("Success").ToArray();
        })];
        turned[0].ShouldContain(true);
        Math.Abs(turned[1].Count(success => success) - turned[0].Count(success => success)).ShouldBeLessThanOrEqualTo(2);

        Should.Throw<OracleException>(() => _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(trees), Constraints = Applicants.Constraints(data), Attack = Quick with { Scores = ScoreKind.Probabilities },
        }).Fit(data).Transform(data).GetColumn<bool>("Success").ToArray()).Message.ShouldContain("which is no probability; if its scores are logits, say so");
    }

    [Fact]
    public void An_export_is_compared_with_the_pipeline_that_it_is_of()
    {
        using var folder = new TempFolder();
        IDataView data = Applicants.View(_ml);
        IEstimator<ITransformer> trees = _ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10, numberOfLeaves: 8);
        (MLContext ml, ITransformer model, IDataView applicants, string path) = (_ml, Pipeline().Append(trees).Fit(data), data, folder.File("credit.onnx"));

        // example export
        using (FileStream file = File.Create(path))
        {
            ml.Model.ConvertToOnnx(model, applicants, file);
        }

        ExportComparison export = ml.ZerothOrder().CompareExport(model, path, applicants);
        Console.WriteLine($"{export.OtherClasses} of {export.Rows} rows get another class, scores differ by up to {export.LargestDifference}");

        // end of export
        Page.ShowsExample("../../docs/tables.md", "export");
        (export.Rows, export.OtherClasses).ShouldBe((100, 0));
        export.LargestDifference.ShouldBeInRange(0, 1e-4);
        export.Warnings.ShouldBeEmpty();

        // This export answers only the first row of a call.
        ExportComparison selected = Compare(Pipeline().Append(_ml.Transforms.FeatureSelection.SelectFeaturesBasedOnMutualInformation("Features", slotsInOutput: 3)).Append(trees));
        selected.LargestDifference.ShouldBeInRange(0, 1e-4);
        selected.Warnings.ShouldHaveSingleItem().ShouldContain("it is asked one row a call");

        // This export gives other scores.
        ExportComparison other = Compare(_ml.Transforms.Categorical.OneHotEncoding("JobCode", "Job").Append(_ml.Transforms.Concatenate("Features", "JobCode", "Debts"))
            .Append(_ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options { NumberOfTrees = 10, NumberOfLeaves = 8, CategoricalSplit = true })));
        other.LargestDifference.ShouldBeGreaterThan(0.01);

        ExportComparison regression = Compare(Pipeline().Append(_ml.Regression.Trainers.FastTree("Limit", numberOfTrees: 10, numberOfLeaves: 8)));
        (regression.OtherClasses, regression.LargestDifference < 0.1).ShouldBe((0, true));
        Should.Throw<InputException>(() => _ml.ZerothOrder().CompareExport(model, path, _ml.Data.LoadFromEnumerable([new Graded()])))
            .Message.ShouldContain("takes the column 'Age', which the data do not have");

        ExportComparison Compare(IEstimator<ITransformer> estimator)
        {
            ITransformer fitted = estimator.Fit(data);
            using (FileStream file = File.Create(path))
            {
                _ml.Model.ConvertToOnnx(fitted, data, file);
            }

            return _ml.ZerothOrder().CompareExport(fitted, path, data);
        }
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        IDataView data = Applicants.Vectors(_ml, 60);
        BlackBoxTarget trees = _ml.ZerothOrder().FromTransformer(Trees(data));
        FeatureConstraints learned = FeatureConstraints.Learn(data);
        var options = new BlackBoxAttackOptions { Target = trees, Constraints = learned, Attack = Quick };
        Refused(options with { Constraints = new FeatureConstraints("a", "b") }, data).ShouldContain("The constraints do not have the features of 'Features': 'Age', 'Income', 'Debts', 'Years', 'OwnsHome', 'Ratio' are missing");
        Refused(options with { Optimizer = "square" }, data).ShouldContain("square is a method for images");
        Refused(options with { Attack = Quick with { Loss = new AttackLoss { Epsilon = 0.1 } } }, data).ShouldContain("is for images");
        Refused(options with { Training = AttackTraining.FineTune }, data).ShouldContain("Training is for images and vectors without constraints");
        Refused(options with { Constraints = null, Goal = RowGoal_Above }, data).ShouldContain("Goal is for rows with constraints");
        Refused(options with { Constraints = null, InputColumnNames = [] }, data).ShouldContain("names no column");
        Refused(options with { Constraints = null, InputColumnNames = ["Age", "Income"] }, data).ShouldContain("does not run with only the columns Age, Income");
        Refused(options with { Optimizer = "threshold-search", Settings = new OptimizerSettings() }, data).ShouldContain("has no Settings");
        IDataView unseen = _ml.Data.LoadFromEnumerable(Applicants.Rows(30).Select(row => new Graded { Income = row.Income, Debts = row.Debts, Job = row.Job, Grade = row.Limit > 2500 ? "A" : row.Limit > 0 ? "B" : "never" }));
        IDataView graded = _ml.Data.LoadFromEnumerable(Applicants.Rows(30).Select(row => new Graded { Income = row.Income, Debts = row.Debts, Job = row.Job, Grade = row.Limit > 2500 ? "A" : row.Limit > 0 ? "B" : "C" }));
        ITransformer grades = _ml.Transforms.Concatenate("Features", "Income", "Debts").Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Grade")).Append(_ml.Transforms.NormalizeMinMax("Features"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 5)).Fit(graded);
        Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(grades), InputColumnNames = ["Income", "Debts"], LabelColumnName = "Grade", Attack = Quick,
        }).Fit(unseen).Transform(unseen).GetColumn<bool>("Success").ToArray()).Message.ShouldContain("never");
        learned.Slot("Debts").Range(100, 200);
        Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options).Fit(data).Transform(data).GetColumn<bool>("Success").ToArray()).Message.ShouldMatch("^Row \\d+ breaks the constraints: 'Debts' with the value \\d+ is outside 100..200");
        Should.Throw<InputException>(() => FeatureConstraints.Learn(Applicants.View(_ml, 0), ["Age"])).Message.ShouldContain("no row to learn");
        Should.Throw<ArgumentOutOfRangeException>(() => FeatureConstraints.Learn(data, ["Aeg"])).Message.ShouldContain("Could not find input column 'Aeg'");

        static RowGoal RowGoal_Above(float prediction) => RowGoal.Above(prediction);
    }

    private IEstimator<ITransformer> Pipeline() => _ml.Transforms.Categorical.OneHotEncoding("JobCode", "Job")
        .Append(_ml.Transforms.Conversion.ConvertType("Home", "OwnsHome", DataKind.Single))
        .Append(_ml.Transforms.Concatenate("Features", "Age", "Income", "Debts", "Years", "Home", "JobCode"));

    private ITransformer Trees(IDataView data) => _ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options { NumberOfTrees = 20, NumberOfLeaves = 8, MinimumExampleCountPerLeaf = 2 }).Fit(data);

    private string Refused(BlackBoxAttackOptions options, IDataView data) => Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options).Fit(data)).Message;

    private sealed class Graded
    {
        public float Income { get; set; }

        public float Debts { get; set; }

        public string Job { get; set; } = "";

        public string Grade { get; set; } = "";
    }

    // Shows each row of a vector column that the model is asked about.
    private sealed class WatchedModel(ITransformer inner, Action<float[]> see) : ITransformer
    {
        private readonly Lock _gate = new();

        // So the rows are asked in data views, which can be seen.
        public bool IsRowToRowMapper => false;

        public IDataView Transform(IDataView input)
        {
            lock (_gate)
            {
                foreach (float[] row in input.GetColumn<float[]>("Features"))
                {
                    see(row);
                }
            }

            return inner.Transform(input);
        }

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => inner.GetRowToRowMapper(inputSchema);

        public void Save(ModelSaveContext ctx) => inner.Save(ctx);
    }
}
