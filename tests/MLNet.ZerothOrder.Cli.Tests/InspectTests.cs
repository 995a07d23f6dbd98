using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class InspectTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>A kind of model, and what inspect must say of it.</summary>
    public static TheoryData<string, string[]> Kinds => new()
    {
        { "nchw", ["image: Float32 [N, 1, 4, 4]", "NCHW", "1×4×4", "dynamic", "0..1", "5 classes", "logits", "cpu", "opset 17"] },
        { "nhwc", ["[N, 4, 4, 3]", "NHWC", "3×4×4"] },
        { "flat", ["[N, 16]", "flat", "1×4×4"] },
        { "fixed", ["[4, 1, 4, 4]", "fixed: 4 images a call"] },
        { "single", ["fixed: 1 image a call"] },
        { "float16", ["Float16"] },
        { "uint8", ["UInt8", "0..255"] },
        { "probabilities", ["logits in front of its last Softmax: Float32", "logits (They are taken in front of the model's last Softmax", "– behind the Softmax a confident model"] },
        { "log-probabilities", ["logits (They are taken in front of the model's last LogSoftmax"] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_model_is_described(string kind, string[] says)
    {
        TinyClassifier classifier = kind switch
        {
            "nhwc" => new TinyClassifier { Image = new(3, 4, 4), Layout = ImageLayout.Nhwc },
            "flat" => new TinyClassifier { Layout = ImageLayout.Flat },
            "fixed" => new TinyClassifier { Rows = 4 },
            "single" => new TinyClassifier { Rows = 1 },
            "float16" => new TinyClassifier { InputType = OnnxWriter.Float16, OutputType = OnnxWriter.Float16 },
            "uint8" => new TinyClassifier { InputType = OnnxWriter.UInt8, Encoding = PixelEncoding.Bytes, Gain = 0.02 },
            "probabilities" => new TinyClassifier { Scores = ScoreKind.Probabilities },
            "log-probabilities" => new TinyClassifier { Scores = ScoreKind.LogProbabilities },
            _ => new TinyClassifier(),
        };
        Outcome outcome = Zo.Run("inspect", classifier.Save(_folder.File("m.onnx"))).Done();

        foreach (var part in says)
        {
            outcome.Output.ShouldContain(part, Case.Sensitive);
        }
        outcome.Output.ShouldContain("--images or --dataset", Case.Sensitive);

        // Each note once, though models are loaded more than once.
        string[] notes = outcome.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        notes.Length.ShouldBe(kind is "fixed" or "single" or "float16" or "uint8" ? 1 : 0);
        foreach (var note in notes)
        {
            note.ShouldStartWith("zo: note: ", Case.Sensitive);
        }
    }

    [Fact]
    public void Images_of_another_number_of_channels_and_folders_are_told()
    {
        var tiny = new TinyClassifier();
        for (int label = 0; label < 5; label++)
        {
            byte[] gray = [.. Enumerable.Range(0, 16).Select(i => tiny.Weight(label, i) > 0 ? (byte)255 : (byte)0)];
            string folder = Path.GetDirectoryName(_folder.File($"color/{(label + 1) % 5}/a.png"))!;
            Directory.CreateDirectory(folder);
            Png.Write(Path.Combine(folder, "a.png"), new PixelBuffer(4, 4, 3, [.. gray.SelectMany(pixel => new[] { pixel, pixel, pixel })]));
            Png.Write(Path.Combine(folder, "b.png"), new PixelBuffer(4, 4, 1, gray));
        }

        File.WriteAllBytes(_folder.File("color/0/c.gif"), []);
        Outcome outcome = Zo.Run("inspect", tiny.Save(_folder.File("m.onnx")), "--images", _folder.File("color")).Done();

        outcome.Output.ShouldContain("0 of 10 images of color classified correctly", Case.Sensitive);
        outcome.Output.ShouldContain("– 5 of 10 pictures were turned to gray", Case.Sensitive);
        outcome.Output.ShouldContain("– the classes are those of the model in another order (0 is taken for 4, 1 is taken for 0", Case.Sensitive);
        outcome.Error.ShouldContain("1 that cannot be read", Case.Sensitive);
        outcome.Error.ShouldContain("c.gif: is empty; copy or save it again.", Case.Sensitive);
    }

    [Fact]
    public void Images_show_how_well_the_model_is_fed()
    {
        using var task = new TinyTask(new TinyClassifier { Encoding = PixelEncoding.Bytes, Gain = 0.02 });
        Outcome outcome = Zo.Run("inspect", task.Model, "--images", task.Images, "--labels", task.LabelFile).Done();

        outcome.Output.ShouldContain("0..255", Case.Sensitive);
        outcome.Output.ShouldContain("20 of 20 images of images.npy classified correctly; the scores look like logits", Case.Sensitive);
    }

    [Fact]
    public void A_digit_classifier_is_tried_on_generated_digits_unasked()
    {
        Outcome outcome = Zo.Run("inspect", "mnist-lenet").Done();
        Zo.Run("inspect", Zo.LeNet).Done().ShouldBe(outcome);

        outcome.Output.ShouldContain("20 of 20 images of digits classified correctly", Case.Sensitive);
        outcome.Error.ShouldBe("");
    }

    [Fact]
    public void Smoothing_draws_a_curve_with_one_choice()
    {
        Outcome outcome = Zo.Run("inspect", Zo.LeNet, "--smoothing", "--count", "4").Done();
        string[] curve = [.. outcome.Output.Split(Environment.NewLine).Where(line => line.Contains('█', StringComparison.Ordinal))];

        curve.Length.ShouldBe(9);
        curve.Where(line => line.EndsWith("← auto", StringComparison.Ordinal)).ShouldHaveSingleItem();
        curve[0].ShouldContain("1.0e-6", Case.Sensitive);
        curve[^1].ShouldContain("1.0e-2", Case.Sensitive);
        outcome.Output.ShouldContain("(4 images, ", Case.Sensitive);
        foreach (var line in curve)
        {
            (line.Length <= 80).ShouldBeTrue(line);
        }
    }

    [Fact]
    public void Long_text_goes_on_below_its_own_beginning()
    {
        string model = new TinyClassifier().Writer().Metadata("about", string.Join(' ', Enumerable.Repeat("word", 60))).Metadata("bad", "a\u001b[31mb").Save(_folder.File("m.onnx"));
        using StringWriter output = new(), error = new();
        int code = Cli.Application.Run(new Cli.Session(["inspect", model], new Cli.Terminal(output, error, () => 80), default));

        code.ShouldBe(0);
        string[] lines = output.ToString().Split(Environment.NewLine);
        foreach (var line in lines.Where(l => !l.Contains(model, StringComparison.Ordinal)))
        {
            (line.Length <= 80).ShouldBeTrue(line);
        }
        int about = Array.FindIndex(lines, l => l.StartsWith("metadata   about = word", StringComparison.Ordinal));
        lines[about + 1].ShouldStartWith("           word word", Case.Sensitive);
        lines.ShouldContain("metadata   bad = a?[31mb");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_learned_optimizer_is_described(bool hasQuery)
    {
        string file = TinyOptimizer.Save(_folder.File("own.onnx"), TinyOptimizer.Draw(hasQuery));
        Outcome outcome = Zo.Run("inspect", file).Done();
        string[] says =
        [
            file, OptimizerFile.Describe(file).Sha256, "version 1", "opset 17", "LSTM of 4 hidden units", "without biases: 84 parameters",
            hasQuery ? "with biases: 117 parameters" : "QueryRNN   none", hasQuery ? "parameters 201" : "parameters 84",
            hasQuery ? "state [P, d, 16], scale [P], appliedUpdate [P, d]" : "state [P, d, 8], scale [P]", "update [P, d], deviation [P, d], newState [P, d,",
            "nothing at all", "6 directions", "0.002", "seed       77", "loss 1.2500",
        ];

        foreach (var part in says)
        {
            outcome.Output.ShouldContain(part, Case.Sensitive);
        }
        outcome.Error.ShouldBe("");
    }

    [Fact]
    public void What_a_learned_optimizer_leaves_open_is_said_in_the_width_of_a_terminal()
    {
        string file = TinyOptimizer.Save(_folder.File("own.onnx"), TinyOptimizer.Draw() with { Smoothing = null, TrainedOn = "", ValidationLoss = double.NaN });
        using StringWriter output = new(), error = new();
        int code = Cli.Application.Run(new Cli.Session(["inspect", file], new Cli.Terminal(output, error, () => 80), default));

        code.ShouldBe(0);
        string[] lines = output.ToString().Split(Environment.NewLine);
        foreach (var line in lines.Where(l => !l.Contains(file, StringComparison.Ordinal)))
        {
            (line.Length <= 80).ShouldBeTrue(line);
        }
        lines.ShouldContain("trained on not stated");
        lines.ShouldContain("μ          measured by each run");
        lines.ShouldContain("validation not measured");
    }
}
