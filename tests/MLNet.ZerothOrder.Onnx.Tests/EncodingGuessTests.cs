using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class EncodingGuessTests : IDisposable
{
    private static readonly ImageShape Colour = new(3, 4, 4);

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> DataCases => new()
    {
        { "0..1", "grey" }, { "0..255", "grey" }, { "MNIST mean/std", "grey" }, { "-1..1", "grey" },
        { "0..1", "colour" }, { "0..255", "colour" }, { "ImageNet mean/std", "colour" }, { "-1..1", "colour" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(DataCases))]
    public void Images_show_the_encoding_that_their_labels_were_made_with(string name, string kind)
    {
        // The bias decides under a wrong scale and the pixels under the right one, so that accuracies lie far apart.
        var encoding = All().Single(e => e.Name == name);
        var (path, images) = Labelled(encoding, kind == "grey" ? new ImageShape(1, 4, 4) : Colour, count: 200);
        using var oracle = OnnxClassifierOracle.Load(path);

        var guess = EncodingGuess.FromImages(oracle, images);

        guess.Encoding.Name.ShouldBe(name);
        int candidates = kind == "grey" ? 4 : 7;
        guess.Queries.ShouldBe(64 * candidates);
        oracle.NativeRows.ShouldBe(64 * candidates);
        guess.Reasons.Count(r => r.Contains("of 64 images", StringComparison.Ordinal)).ShouldBe(candidates);
        guess.Reasons.Any(r => r.Contains($"With {name} it is right about 64 of 64 images", StringComparison.Ordinal)).ShouldBeTrue();
        foreach (var r in guess.Reasons)
        {
            r.ShouldEndWith(".", Case.Sensitive);
        }
    }

    [Theory]
    [MemberData(nameof(DataCases))]
    public void Encodings_that_are_clearly_worse_on_a_few_images_are_asked_no_more(string name, string kind)
    {
        // On every number of images, with labels that are right for a part of the sample only, the guess is that of all encodings on all images.
        PixelEncoding encoding = All().Single(e => e.Name == name);
        foreach (int count in (int[])[1, 7, 8, 9, 30, 64, 65, 200])
        {
            var (path, images) = Labelled(encoding, kind == "grey" ? new ImageShape(1, 4, 4) : Colour, count);
            using var oracle = OnnxClassifierOracle.Load(path);
            EncodingGuess all = EncodingGuess.FromImages(oracle, images);
            using var loaded = OnnxClassifierOracle.Load(path, images);

            loaded.Info.Encoding.ShouldBe(all.Encoding);
            loaded.Info.Answers!.Right.ShouldBe(all.Answers!.Right);
            loaded.Info.Answers.Count.ShouldBe(Math.Min(64, count));
            loaded.LoadingQueries.ShouldBeLessThanOrEqualTo(all.Queries);
            if (count >= 64)
            {
                loaded.LoadingQueries.ShouldBeLessThanOrEqualTo(all.Queries / 2);
            }
        }
    }

    [Fact]
    public void Loading_with_images_uses_the_encoding_that_they_show()
    {
        var (path, images) = Labelled(PixelEncoding.Bytes, new ImageShape(1, 4, 4), count: 80);
        using var oracle = OnnxClassifierOracle.Load(path, images);
        oracle.Info.Encoding.Name.ShouldBe("0..255");
        oracle.LoadingQueries.ShouldBe(64 + (3 * 8), "the others are clearly worse on the first eight images");
        (oracle.NativeRows, oracle.NativeCalls, oracle.NativeTime).ShouldBe((0, 0, TimeSpan.Zero));
        using var batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        int hits = 0;
        for (int i = 0; i < images.Count; i++)
        {
            images.Image(i).Span.CopyTo(batch.Input(0));
            oracle.Score(batch);
            var scores = batch.Score(0).ToArray();
            hits += Array.IndexOf(scores, scores.Max()) == images.Label(i) ? 1 : 0;
        }

        hits.ShouldBe(80);
    }

    [Fact]
    public void An_encoding_that_is_right_or_asked_for_is_the_only_one_tried()
    {
        var (path, images) = Labelled(PixelEncoding.Unit, Colour, count: 80);
        using var oracle = OnnxClassifierOracle.Load(path, images);
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Unit);
        oracle.LoadingQueries.ShouldBe(64);

        using var asked = OnnxClassifierOracle.Load(path, images, new OnnxOracleOptions { Encoding = PixelEncoding.Bytes });
        asked.Info.Encoding.ShouldBe(PixelEncoding.Bytes);
        asked.LoadingQueries.ShouldBe(64);
        asked.Info.Answers!.Count.ShouldBe(64);
    }

    [Fact]
    public void A_few_images_or_a_narrow_lead_do_not_overturn_the_guess()
    {
        var (path, images) = Labelled(PixelEncoding.Bytes, new ImageShape(1, 4, 4), count: 2);
        using var oracle = OnnxClassifierOracle.Load(path, images);
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Unit);
        oracle.Info.EncodingReasons[^1].ShouldContain("No other encoding is clearly better", Case.Sensitive);
    }

    [Fact]
    public void The_sample_is_spread_over_a_set_sorted_by_class()
    {
        // The first images all belong to class 0, which every encoding gets right here.
        var (path, images) = Labelled(PixelEncoding.Bytes, new ImageShape(1, 4, 4), count: 400, sorted: true);
        using var oracle = OnnxClassifierOracle.Load(path, images);
        oracle.Info.Encoding.Name.ShouldBe("0..255");
    }

    [Theory]
    [InlineData("Image.NominalPixelRange", "NominalRange_0_255", 255, 0, 1)]
    [InlineData("Image.NominalPixelRange", "Normalized_0_1", 1, 0, 1)]
    [InlineData("Image.NominalPixelRange", "Normalized_1_1", 2, 1, 1)]
    [InlineData("image.range", "0..255", 255, 0, 1)]
    [InlineData("Image.Range", "[-1, 1]", 2, 1, 1)]
    [InlineData("mean", "0.5", 1, 0.5f, 1)]
    [InlineData("image.std", "(0.25, 0.25, 0.25)", 1, 0, 0.25f)]
    [InlineData("scale", "255", 255, 0, 1)]
    public void Metadata_are_believed(string key, string value, float scale, float mean, float std)
    {
        string path = new TinyClassifier { Image = Colour }.Writer().Metadata(key, value).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        var encoding = oracle.Info.Encoding;
        (encoding.Scale, encoding.Mean[0], encoding.Std[0]).ShouldBe((scale, mean, std));
        oracle.Info.EncodingReasons[0].ShouldContain(value, Case.Sensitive);
    }

    [Theory]
    [InlineData("image.range", "large")]
    [InlineData("image.range", "5..5")]
    [InlineData("mean", "0.5, 0.5")]
    [InlineData("std", "0")]
    [InlineData("scale", "1e99")]
    public void Metadata_that_make_no_encoding_are_ignored(string key, string value)
    {
        string path = new TinyClassifier { Image = Colour }.Writer().Metadata(key, value).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Unit);
    }

    [Fact]
    public void Range_mean_and_deviation_in_metadata_combine()
    {
        string path = new TinyClassifier { Image = Colour }.Writer().Metadata("image.range", "0..255").Metadata("mean", "124 116 104").Metadata("std", "58 57 57")
            .Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        (oracle.Info.Encoding.Scale, oracle.Info.Encoding.Mean[1], oracle.Info.Encoding.Std[2]).ShouldBe((255f, 116f, 57f));
    }

    [Theory]
    [InlineData("Div", 255f, "0..255")]
    [InlineData("Mul", 0.003921569f, "0..255")]
    [InlineData("Sub", 127.5f, "0..255")]
    [InlineData("Sub", 0.4914f, "0..1")]
    [InlineData("Mul", 2f, "0..1")]
    [InlineData("Mul", 255f, "0..1")]
    [InlineData("Add", -0.1307f, "0..1")]
    public void The_first_operators_show_the_range(string type, float constant, string range)
    {
        foreach (bool asNode in (bool[])[false, true])
        {
            var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4);
            _ = asNode ? writer.Node("Constant", [], ["c"], ("value", new[] { constant })) : writer.Constant("c", [1], constant);
            string path = writer.Node("Identity", ["x"], ["i"]).Node(type, ["i", "c"], ["s"]).Node("Flatten", ["s"], ["y"])
                .Output("y", OnnxWriter.Float32, "N", 16).Save(_folder.File("m.onnx"));
            using var oracle = OnnxClassifierOracle.Load(path);
            oracle.Info.Encoding.Name.ShouldBe(range);
            oracle.Info.EncodingReasons[0].ShouldContain($"begins with {type}", Case.Sensitive);
        }
    }

    [Theory]
    [InlineData("Mul 0.00784313771, Add -1", "0..255")]
    [InlineData("Sub 127.5, Mul 0.00784313771", "0..255")]
    [InlineData("Div 255, Sub 0.45, Div 0.225", "0..255")]
    [InlineData("Sub 0.5, Div 0.5", "0..1")]
    [InlineData("Mul 2, Sub 1", "0..1")]
    [InlineData("Mul 255, Sub 120", "0..1")]
    [InlineData("Add 1, Mul 0.5", "-1..1")]
    [InlineData("Add 1, Mul 127.5", "-1..1")]
    public void Several_first_operators_show_the_range_together(string steps, string range)
    {
        var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4, 4, 3).Node("Transpose", ["x"], ["s0"], ("perm", new long[] { 0, 3, 1, 2 }));
        string[] words = steps.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i += 2)
        {
            writer.Constant($"c{i}", [1], float.Parse(words[i + 1], System.Globalization.CultureInfo.InvariantCulture)).Node(words[i], [$"s{i}", $"c{i}"], [$"s{i + 2}"]);
        }

        string path = writer.Node("Flatten", [$"s{words.Length}"], ["y"]).Output("y", OnnxWriter.Float32, "N", 48).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Encoding.Name.ShouldBe(range);
        oracle.Info.EncodingReasons[0].ShouldStartWith($"The model begins with {words[0]} by ");
    }

    [Theory]
    [InlineData(103.939f, 116.779f, 123.68f, ChannelOrder.Bgr)]
    [InlineData(123.68f, 116.779f, 103.939f, ChannelOrder.Rgb)]
    public void The_order_of_the_means_that_a_model_subtracts_shows_the_order_of_its_channels(float first, float second, float third, ChannelOrder order)
    {
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4, 4, 3).Constant("mean", [3], first, second, third).Node("Sub", ["x", "mean"], ["s"]).Node("Flatten", ["s"], ["y"])
            .Output("y", OnnxWriter.Float32, "N", 48).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Bytes.In(order));
    }

    [Fact]
    public void Metadata_that_say_blue_green_red_are_obeyed()
    {
        var model = new TinyClassifier { Image = Colour, Encoding = PixelEncoding.Unit.In(ChannelOrder.Bgr) };
        string path = model.Writer().Metadata("Image.BitmapPixelFormat", "Bgr8").Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Encoding.ShouldBe(model.Encoding);
        using var batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        model.Pixels(0).CopyTo(batch.Input(0));
        oracle.Score(batch);
        batch.Score(0).ToArray().Select(score => (double)score).ShouldBe(model.Expected(model.Pixels(0)), 1e-5);
    }

    [Fact]
    public void Images_show_that_a_model_has_its_channels_in_another_order()
    {
        var model = new TinyClassifier { Image = Colour, Encoding = PixelEncoding.Unit.In(ChannelOrder.Bgr), Gain = 40 };
        string path = model.Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path, OnnxClassifierOracleTests.Images(model, 64));
        oracle.Info.Encoding.ShouldBe(model.Encoding);
        oracle.Info.EncodingReasons[^1].ShouldContain("B, G, R is clearly better");
    }

    [Fact]
    public void Bytes_as_input_mean_a_full_range()
    {
        using var oracle = OnnxClassifierOracle.Load(new TinyClassifier { InputType = OnnxWriter.UInt8 }.Save(_folder.File("m.onnx")));
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Bytes);
    }

    [Fact]
    public void Encodings_are_read_from_text()
    {
        PixelEncoding.Parse("0..1").IsIdentity.ShouldBeTrue();
        PixelEncoding.Parse("0..1").ShouldBe(PixelEncoding.Unit);
        PixelEncoding.Parse("mean=0.1307;std=0.3081").ShouldBe(PixelEncoding.Mnist);
        PixelEncoding.Parse("0..2").ShouldNotBe(PixelEncoding.Unit);
        (PixelEncoding.Parse("-1..1").Scale, PixelEncoding.Parse("-1..1").Mean[0]).ShouldBe((2f, 1f));
        PixelEncoding.Parse("ImageNet").ShouldBeSameAs(PixelEncoding.ImageNet);
        PixelEncoding.Parse("caffe").ShouldBeSameAs(PixelEncoding.Caffe);
        PixelEncoding.Parse("scale=255;mean=103.939,116.779,123.68;order=bgr").ShouldBe(PixelEncoding.Caffe);
        PixelEncoding.Parse("0..255; order=BGR").ShouldBe(PixelEncoding.Bytes.In(ChannelOrder.Bgr));
        PixelEncoding.Parse("imagenet;order=bgr").Mean[0].ShouldBe(0.406f);
        PixelEncoding.Parse("torchvision").ShouldBeSameAs(PixelEncoding.ImageNet);
        PixelEncoding.Parse("timm-0.9").ShouldBeSameAs(PixelEncoding.ImageNet);
        PixelEncoding.Parse("keras-torch").ShouldBeSameAs(PixelEncoding.ImageNet);
        PixelEncoding.Parse("keras-caffe").ShouldBeSameAs(PixelEncoding.Caffe);
        PixelEncoding.Parse("keras-tf;order=bgr").ShouldBe(PixelEncoding.Symmetric.In(ChannelOrder.Bgr));
        PixelEncoding machine = PixelEncoding.Parse("teachable-machine");
        ((127 / 255f * machine.Scale) - machine.Mean[0]).ShouldBe(0, 1e-6);
        PixelEncoding.Unit.In(ChannelOrder.Bgr).In(ChannelOrder.Rgb).Name.ShouldBe("0..1");
        var parsed = PixelEncoding.Parse("scale=255; mean=1,2,3; std=4,5,6");
        (parsed.Scale, parsed.Mean[1], parsed.Std[2], parsed.Channels).ShouldBe((255f, 2f, 6f, 3));
        foreach (string bad in (string[])["", "bright", "1..1", "0..x", "mean", "mean=", "mean=a", "gain=2", "scale=1,2", "scale=0", "std=-1", "mean=1,2;std=1,2,3", "mean=nan", "order=", "order=rbg", "0..1;scale=2", "caffe;mean=1"])
        {
            var error = Should.Throw<InputException>(() => PixelEncoding.Parse(bad));
            error.Message.ShouldEndWith(".", Case.Sensitive);
        }
    }

    private static IEnumerable<PixelEncoding> All() =>
        [PixelEncoding.Unit, PixelEncoding.Bytes, PixelEncoding.Symmetric, PixelEncoding.Mnist, PixelEncoding.ImageNet, PixelEncoding.Cifar10];

    // Nearest prototype in the model's own units, a linear rule: every image is closest to its class's prototype by construction,
    // while under another encoding the prototypes' different lengths shift the borders.
    private (string Path, ImageSet Images) Labelled(PixelEncoding encoding, ImageShape shape, int count, bool sorted = false)
    {
        const int Classes = 6;
        int plane = shape.Height * shape.Width;
        var prototypes = new float[Classes][];
        var weights = new float[Classes * shape.Length];
        var biases = new float[Classes];
        for (int k = 0; k < Classes; k++)
        {
            // Brightness tells the classes apart, so that a shift or a scale turns one into another.
            prototypes[k] = [.. Enumerable.Range(0, shape.Length).Select(_ => (k + 0.5f) / Classes)];
            for (int i = 0; i < shape.Length; i++)
            {
                int c = i / plane;
                float value = ((prototypes[k][i] * encoding.Scale) - encoding.Mean[encoding.Mean.Count == 1 ? 0 : c]) / encoding.Std[encoding.Std.Count == 1 ? 0 : c];
                weights[(k * shape.Length) + i] = value;
                biases[k] -= value * value / 2;
            }
        }

        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", shape.Channels, shape.Height, shape.Width).Node("Flatten", ["x"], ["f"])
            .Constant("w", [Classes, shape.Length], weights).Constant("b", [Classes], biases).Node("Gemm", ["f", "w", "b"], ["y"], ("transB", 1L))
            .Output("y", OnnxWriter.Float32, "N", Classes).Save(_folder.File("labelled.onnx"));
        int[] labels = [.. Enumerable.Range(0, count).Select(i => sorted ? i * Classes / count : i % Classes)];
        return (path, new ImageSet("labelled", shape, [.. labels.SelectMany(k => prototypes[k])], labels));
    }
}
