using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Every example of the guide is compiled and run here.</summary>
public sealed class DocumentationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_example_of_the_guide_is_in_this_file()
    {
        string here = Here();
        string[] blocks = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/mlnet.md")).Split("```csharp\n")[1..];
        string own = Squeezed(File.ReadAllText(here));

        blocks.Length.ShouldBe(7);
        blocks.ShouldAllBe(block => own.Contains(Squeezed(block.Split("```")[0]), StringComparison.Ordinal));
    }

    [Fact]
    public void The_packages_example_is_the_guides()
    {
        string root = Path.Combine(Path.GetDirectoryName(Here())!, "../..");
        string block = File.ReadAllText(Path.Combine(root, "src/MLNet.ZerothOrder/README.md")).Split("```csharp\n")[1].Split("```")[0];

        Squeezed(File.ReadAllText(Path.Combine(root, "docs/mlnet.md"))).ShouldContain(Squeezed(block));
    }

    [Fact]
    public void The_guides_examples_work()
    {
        Digits.Digit[] rows = [.. Digits.Rows(30)];
        string before = Environment.CurrentDirectory;
        File.Copy(Digits.LeNet, _folder.File("mnist-lenet.onnx"));
        Environment.CurrentDirectory = Path.GetDirectoryName(_folder.File("x"))!;
        try
        {
            First(rows);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    private static void First(Digits.Digit[] rows)
    {
        var ml = new MLContext(seed: 1);
        IDataView digits = ml.Data.LoadFromEnumerable(rows);

        var pipeline = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            ModelPath = "mnist-lenet.onnx",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            Attack = new AttackOptions { Limits = new RunLimits { Iterations = 50 } },
        });
        BlackBoxAttackTransformer attack = pipeline.Fit(digits);
        IDataView attacked = ml.Data.Cache(attack.Transform(digits), "Adversarial", "AdversarialLabel", "Success", "Queries", "QueriesToSuccess", "Distortion");

        RobustnessMetrics metrics = ml.ZerothOrder().EvaluateRobustness(attacked);
        Console.WriteLine($"{metrics.SuccessRate:P0} of the digits fell, half of them within {metrics.MedianQueriesToSuccess} queries");
        Console.WriteLine($"Accuracy: {metrics.CleanAccuracy:P0}, with 100 queries per image {metrics.AccuracyAt(100):P0}");
        metrics.SuccessRate.ShouldBeGreaterThan(0.9);

        Saved(ml, attack, digits);
        Trees(ml);
        Tables();
        Audited(ml, digits);
        Learned(ml, digits);
        Images(ml, rows);
    }

    private static void Audited(MLContext ml, IDataView digits)
    {
        AuditResult audit = ml.ZerothOrder().EvaluateRobustness(
            digits,
            new BlackBoxAttackOptions { ModelPath = "mnist-lenet.onnx" },
            new AuditOptions { Epsilons = [0.1, 0.2], Budget = 300, Require = 0.4 });
        foreach (AuditLevel level in audit.Levels)
        {
            Console.WriteLine($"ε = {level.Epsilon}: {level.RobustAccuracy.Rate:P0} stay right (95 %: {level.RobustAccuracy.Interval95.Low:P0} to {level.RobustAccuracy.Interval95.High:P0})");
        }

        audit.Levels.Select(level => level.Epsilon).ShouldBe([0.1, 0.2]);
        audit.Passed.ShouldBe(audit.Levels[^1].RobustAccuracy.Rate >= 0.4);
    }

    private static void Images(MLContext ml, Digits.Digit[] rows)
    {
        Directory.CreateDirectory("digits");
        foreach (Digits.Digit row in rows.Take(6))
        {
            byte[] gray = [.. row.Features.SelectMany(x => new[] { (byte)MathF.Round(x * 255), (byte)MathF.Round(x * 255), (byte)MathF.Round(x * 255), (byte)255 })];
            MLImage.CreateFromPixels(28, 28, MLPixelFormat.Bgra32, gray).Save($"digits/{row.Id}.png");
        }

        IDataView files = ml.Data.LoadFromEnumerable(rows.Take(6).Select(row => new AttackedFile { File = $"{row.Id}.png", Label = row.Label }), FilesAlone());
        ITransformer model = ml.Transforms.LoadImages("Picture", "digits", "File")
            .Append(ml.Transforms.ResizeImages("Picture", 28, 28))
            .Append(ml.Transforms.ExtractPixels("image", "Picture", ImagePixelExtractingEstimator.ColorBits.Red, scaleImage: 1 / 255f))
            .Append(ml.Transforms.ApplyOnnxModel(
                ["logits"], ["image"], "mnist-lenet.onnx", new Dictionary<string, int[]> { ["image"] = [1, 1, 28, 28], ["logits"] = [1, 10] }, recursionLimit: 10))
            .Fit(files);
        var pipeline = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = ml.ZerothOrder().FromTransformer(model, "File", "logits"),
            InputColumnName = "File",
            Attack = new AttackOptions { Limits = new RunLimits { Iterations = 50 } },
        });
        IDataView attacked = pipeline.Fit(files).Transform(files);
        foreach (AttackedFile row in ml.Data.CreateEnumerable<AttackedFile>(attacked, reuseRowObject: false).Where(row => row.Success))
        {
            row.Adversarial!.Save($"adversarial-{row.File}");
        }

        Directory.GetFiles(".", "adversarial-*.png").Length.ShouldBe(attacked.GetColumn<bool>("Success").Count(success => success));
        attacked.GetColumn<bool>("Success").ShouldContain(true);
    }

    private static SchemaDefinition FilesAlone()
    {
        SchemaDefinition definition = SchemaDefinition.Create(typeof(AttackedFile));
        definition.RemoveAll(column => column.MemberName is nameof(AttackedFile.Adversarial) or nameof(AttackedFile.Success));
        return definition;
    }

    private sealed class AttackedFile
    {
        public string File { get; set; } = "";

        public int Label { get; set; }

        [ImageType(28, 28)]
        public MLImage? Adversarial { get; set; }

        public bool Success { get; set; }
    }

    private static void Saved(MLContext ml, BlackBoxAttackTransformer attack, IDataView digits)
    {
        ml.Model.Save(attack, digits.Schema, "attack.zip");

        // In another process:
        var other = new MLContext();
        ITransformer loaded = other.ZerothOrder().Load("attack.zip", out DataViewSchema schema);

        loaded.GetOutputSchema(schema).Count.ShouldBe(digits.Schema.Count + 6);
    }

    private static void Trees(MLContext ml)
    {
        IDataView points = Points.View(ml, 80, 2);
        ITransformer trees = ml.BinaryClassification.Trainers.FastTree("Is").Fit(points);
        var pipeline = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = ml.ZerothOrder().FromTransformer(trees, "Features", "Score"),
            LabelColumnName = "Is",

            // Trees are flat between their thresholds: directions must be long enough to cross some. Without an optimizer and a μ, threshold-search attacks them.
            Optimizer = "zo-lstm-plus",
            Attack = new AttackOptions { Smoothing = 0.1, Limits = new RunLimits { Iterations = 50 } },
        });

        ml.ZerothOrder().EvaluateRobustness(pipeline.Fit(points).Transform(ml.Data.TakeRows(points, 10))).Successes.ShouldBeGreaterThan(5);
    }

    private static void Tables()
    {
        var other = new MLContext(seed: 1);
        IDataView applicants = Applicants.View(other);
        ITransformer model = other.Transforms.Categorical.OneHotEncoding("JobCode", "Job").Append(other.Transforms.Conversion.ConvertType("Home", "OwnsHome", DataKind.Single))
            .Append(other.Transforms.Concatenate("Features", "Age", "Income", "Debts", "Home", "JobCode")).Append(other.BinaryClassification.Trainers.FastTree(numberOfTrees: 10)).Fit(applicants);
        applicants = other.Data.TakeRows(applicants, 40);
        var ml = new MLContext(seed: 1);
        FeatureConstraints constraints = FeatureConstraints.Learn(applicants, ["Age", "Income", "Debts", "OwnsHome", "Job"]);
        constraints.Slot("Age").Immutable();
        constraints.Slot("Debts").Range(0, 20).OnlyDecrease();
        Console.WriteLine(constraints);

        var pipeline = ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = ml.ZerothOrder().FromTransformer(model),
            InputColumnNames = ["Age", "Income", "Debts", "OwnsHome", "Job"],
            Constraints = constraints,
        });
        IDataView attacked = pipeline.Fit(applicants).Transform(applicants);
        RobustnessMetrics metrics = ml.ZerothOrder().EvaluateRobustness(attacked);
        Console.WriteLine($"{metrics.SuccessRate:P0} of the decisions can be turned");

        var options = new CounterfactualOptions { InputColumnNames = ["Age", "Income", "Debts", "OwnsHome", "Job"], Constraints = constraints, Target = 1 };
        foreach (Counterfactual answer in ml.ZerothOrder().Counterfactuals(model, ml.Data.TakeRows(applicants, 20), options))
        {
            Console.WriteLine($"Applicant {answer.Row} would be accepted with {answer.Sentence}");
        }

        metrics.SuccessRate.ShouldBeGreaterThan(0.5);
    }

    private static void Learned(MLContext ml, IDataView digits)
    {
        var options = new BlackBoxAttackOptions
        {
            ModelPath = "mnist-lenet.onnx",
            Training = AttackTraining.FineTune,
            TrainingRows = 20,
            Trainer = new TrainerOptions { Problems = 10, Horizon = 50, Gradient = MetaGradient.Parse("directions:16") },
        };
        BlackBoxAttackTransformer tuned = ml.ZerothOrder().BlackBoxAttack(options).Fit(digits);
        OptimizerFile.Write("tuned.onnx", tuned.Optimizer!);

        OptimizerFile.Load("tuned.onnx").Name.ShouldBe("tuned");
    }

    private static string Squeezed(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    private static string Here([CallerFilePath] string path = "") => path;
}
