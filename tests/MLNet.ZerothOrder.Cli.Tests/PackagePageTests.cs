using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The example on each package's page is the code below, and works.</summary>
public sealed class PackagePageTests
{
    public PackagePageTests()
    {
        File.Copy("onnx/targets/mnist-lenet.onnx", "classifier.onnx", overwrite: true);
        if (Directory.Exists("out/package"))
        {
            Directory.Delete("out/package", recursive: true);
        }
    }

    [Fact]
    public void Core_finds_the_lowest_cost()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Core/README.md", "core");

        // example core
        // Stands for any function of a few numbers: a metric of a model, a simulation, a cost.
        static double Cost(ReadOnlySpan<float> x) => Math.Abs(x[0] - 0.3) + Math.Abs(Math.Log(x[1] / 50));

        TunerResult result = BlackBoxTuner.Minimize(
            Cost,
            new BoxBounds(lower: [0, 1], upper: [1, 100]),
            new TunerOptions { Budget = 200, Seed = 1 });

        Console.WriteLine($"{result.BestLoss:F3} at {result.BestPoint.Span[0]:F2} and {result.BestPoint.Span[1]:F1} after {result.Trace.Count} calls");

        // end of core
        result.BestLoss.ShouldBeLessThan(0.05);
        result.Trace.Count.ShouldBe(200);
    }

    [Fact]
    public void Images_reads_photos_and_writes_a_digit()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Images/README.md", "images");
        Directory.CreateDirectory("photos/1");
        Png.Write("photos/1/a.png", new PixelBuffer(2, 3, 3));

        // example images
        ImageSet photos = Images.Read("photos");       // pictures in one sub-folder per class: photos/0, photos/1, …
        for (int i = 0; i < photos.Count; i++)
        {
            Console.WriteLine($"{photos.ImageName(i)}: {photos.Shape}, class {photos.Label(i)}, first value {photos.Image(i).Span[0]:F2}");
        }

        ImageSet digits = GeneratedDigits.Create(10);
        Png.Write("digit.png", PixelBuffer.FromImage(digits.Image(0).Span, digits.Shape));

        // end of images
        (photos.Count, photos.Label(0), photos.Shape).ShouldBe((1, 1, new ImageShape(3, 3, 2)));
        PictureFile.Read("digit.png").Shape.ShouldBe(digits.Shape);
    }

    [Fact]
    public void Onnx_scores_an_image()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Onnx/README.md", "onnx");

        // example onnx
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load("classifier.onnx");
        Console.WriteLine($"{classifier.InputLength} values in, {classifier.ScoreLength} classes");

        float[] white = Enumerable.Repeat(1f, classifier.InputLength).ToArray();
        float[] scores = classifier.ScoreRows(1, (row, input) => white.CopyTo(input));
        Console.WriteLine($"A white image is class {Array.IndexOf(scores, scores.Max())}");

        // end of onnx
        scores.Length.ShouldBe(10);
        scores.ShouldAllBe(score => float.IsFinite(score));
    }

    [Fact]
    public void Attacks_holds_its_budget_and_Reports_shows_the_result()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Attacks/README.md", "attacks");
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Reports/README.md", "reports");

        // example attacks
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load("classifier.onnx");
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-lstm-plus");
        var options = new AttackOptions { Count = 3, Limits = new RunLimits { Budget = 1000 } };
        var session = new AttackSession(classifier, GeneratedDigits.Create(10), [optimizer], options) { Folder = "out/package" };
        AttackResult result = session.Run();

        foreach (ImageResult image in result.Runs[0].Images)
        {
            Console.WriteLine($"{image.Name}: {image.Label} → {image.AdversarialLabel}, {image.Queries} queries");
        }

        // end of attacks
        result.Runs[0].Images.Count.ShouldBe(3);
        result.Runs[0].Images.ShouldAllBe(image => image.Queries > 900 && image.Queries <= 1000);

        // example reports
        Report report = StoredResult.ToReport("out/package/result.json");
        File.WriteAllText("report.html", report.ToHtml());
        Console.WriteLine($"{report.Title}: {report.Charts.Count()} charts");

        // end of reports
        File.ReadAllText("report.html").ShouldContain("zo-lstm-plus");
        report.Charts.ShouldNotBeEmpty();
    }

    [Fact]
    public void Training_writes_an_optimizer()
    {
        Page.ShowsExample("../../src/MLNet.ZerothOrder.Training/README.md", "training");

        // example training
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load("classifier.onnx");
        TrainingProblem[] problems = TrainingProblem.Attacks(GeneratedDigits.Create(20, GeneratedDigits.TrainSeed), classifier.ScoreLength, new AttackLoss());
        var options = new TrainerOptions { Problems = 10, Horizon = 20 };

        // The last 5 problems choose the weights and are not trained on.
        var training = new OptimizerTraining(
            classifier, problems[..^5], problems[^5..], TrainingStage.Proximal, hidden: 12, directions: 20, options, options);
        TrainingResult result = new TrainingSession(training, "mine.onnx", trainedOn: "generated digits").Run();
        Console.WriteLine($"{result.Queries + result.ValidationQueries:N0} queries; the optimizer is in {result.File}");

        // end of training
        OptimizerFile.Load("mine.onnx").Directions.ShouldBe(20);
    }
}
