using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class CleanAnswersTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classes_in_another_order_are_named()
    {
        int[] labels = [.. Enumerable.Range(0, 30).Select(i => i % 3)];
        int[] model = [0, 5, 8];
        var answers = new CleanAnswers(labels, [.. labels.Select((label, i) => i == 4 ? 9 : model[label])]);
        answers.Right.ShouldBe(10);
        answers.ToString().ShouldBe("10 of 30 images right");
        answers.Confusion.ShouldStartWith("the classes are those of the model in another order (1 is taken for 5, 2 is taken for 8)");
    }

    [Theory]
    [InlineData(1, "background class")]
    [InlineData(-1, "counted from 1")]
    public void Labels_that_are_off_by_one_are_named(int by, string says)
    {
        int[] labels = [.. Enumerable.Range(0, 8).Select(i => 3 + (40 * i))];
        new CleanAnswers(labels, [.. labels.Select(label => label + by)]).Confusion!.ShouldContain(says);
    }

    [Fact]
    public void A_model_that_takes_all_images_for_one_class_is_named() =>
        new CleanAnswers([0, 1, 2, 0, 1, 2], [1, 1, 1, 1, 1, 1]).Confusion!.ShouldContain("taken for class 1");

    [Fact]
    public void Weak_models_good_ones_and_few_images_are_no_confusion()
    {
        var random = new Random(3);
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 10)];
        new CleanAnswers(labels, [.. labels.Select(label => random.Next(2) == 0 ? label : random.Next(10))]).Confusion.ShouldBeNull();
        new CleanAnswers(labels, labels).Confusion.ShouldBeNull();
        new CleanAnswers([0, 1], [0, 3]).Confusion.ShouldBeNull();
        new CleanAnswers([2, 2], [0, 0]).Confusion.ShouldBeNull();
        new CleanAnswers([0, 10, 20, 30], [7, 1, 29, 4]).Confusion.ShouldBeNull();
    }

    [Fact]
    public void A_model_that_is_right_about_too_few_images_is_refused_with_the_reason_and_accepted_where_asked()
    {
        var model = new TinyClassifier { Gain = 30 };
        string path = model.Save(_folder.File("m.onnx"));
        ImageSet right = Right(model, 40), half = right.WithLabels([.. Enumerable.Range(0, 40).Select(i => (right.Label(i) + (i % 2)) % 5)]);
        ImageSet permuted = right.WithLabels([.. Enumerable.Range(0, 40).Select(i => 4 - right.Label(i))]);
        var options = new OnnxOracleOptions { MinAccuracy = 0.6 };

        using var accepted = OnnxClassifierOracle.Load(path, right, options);
        accepted.Info.Answers!.Right.ShouldBe(40);
        accepted.Info.Assumptions.ShouldBe("input 'image' [N, 1, 4, 4] as NCHW images of 1×4×4, pixels as 0..1 (40 of 40 images right), output 'logits' as logits of 5 classes");

        var refused = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, half, options));
        refused.Argument.ShouldBe("MinAccuracy");
        refused.Message.ShouldContain("only 20 of the 40 images of tiny correctly (pixels were taken as 0..1), fewer than the least share of 0.6; check the labels");
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, permuted, options)).Message.ShouldContain("in another order (0 is taken for 4, 1 is taken for 3");
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, half, options with { Encoding = PixelEncoding.Unit })).Message.ShouldContain("only 20 of the 40");
        OnnxClassifierOracle.Load(path, half, options with { MinAccuracy = 0.5 }).Dispose();
        OnnxClassifierOracle.Load(path, half).Dispose();

        // Five classes are few.
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, half, options with { MinAccuracyOfMany = 0.4 }));
    }

    [Fact]
    public void Of_many_classes_fewer_right_images_are_enough()
    {
        var model = new TinyClassifier { Gain = 30, Classes = 100 };
        string path = model.Save(_folder.File("m.onnx"));
        ImageSet right = Right(model, 5), half = right.WithLabels([.. Enumerable.Range(0, right.Count).Select(i => (right.Label(i) + (i % 2)) % 100)]);
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, half, new OnnxOracleOptions { MinAccuracy = 0.6 }));
        OnnxClassifierOracle.Load(path, half, new OnnxOracleOptions { MinAccuracy = 0.6, MinAccuracyOfMany = 0.4 }).Dispose();
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    [InlineData(1, 4)]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    public void Images_of_another_number_of_channels_are_scored_as_what_they_show(int channels, int takes)
    {
        var model = new TinyClassifier { Image = new ImageShape(takes, 4, 4) };
        ImageSet gray = new("gray", new ImageShape(1, 4, 4), [.. Enumerable.Range(0, 160).Select(i => i * 37 % 256 / 255f)], new int[10]);
        ImageSet images = gray.WithChannels(channels)!, wanted = gray.WithChannels(takes)!;
        wanted = wanted.WithLabels([.. Enumerable.Range(0, 10).Select(i => IndexOfMax(model.Expected(wanted.Image(i).Span)))]);

        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), images.WithLabels([.. Enumerable.Range(0, 10).Select(wanted.Label)]), new OnnxOracleOptions { Encoding = PixelEncoding.Unit });

        oracle.Info.Answers!.Right.ShouldBe(10);
        oracle.Fit(images).Shape.ShouldBe(model.Image);
        oracle.Classify(oracle.Fit(images)).ShouldBe(Enumerable.Range(0, 10).Select(wanted.Label));
    }

    [Fact]
    public void Colors_do_not_become_gray()
    {
        var model = new TinyClassifier();
        ImageSet images = new("color", new ImageShape(3, 4, 4), [.. Enumerable.Range(0, 48).Select(i => i / 48f)], [0]);
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), images)).Message.ShouldContain("images of 3×4×4 do not fit");
    }

    private static ImageSet Right(TinyClassifier model, int count)
    {
        float[][] images = [.. Enumerable.Range(0, 10_000).Select(model.Pixels).GroupBy(pixels => IndexOfMax(model.Expected(pixels))).SelectMany(same => same.Take(count / 5))];
        return new ImageSet("tiny", model.Image, [.. images.SelectMany(pixels => pixels)], [.. images.Select(pixels => IndexOfMax(model.Expected(pixels)))]);
    }

    private static int IndexOfMax(double[] scores) => Array.IndexOf(scores, scores.Max());
}
