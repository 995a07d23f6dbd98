using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class OnnxClassifierOracleTests : IDisposable
{
    private static readonly ImageShape Colour = new(3, 5, 4);

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Variants => [.. Models.Keys];

    private static Dictionary<string, TinyClassifier> Models => new()
    {
        ["nchw grey"] = new(),
        ["nchw colour"] = new() { Image = Colour },
        ["nchw, fixed batch 1"] = new() { Image = Colour, Rows = 1 },
        ["nchw, fixed batch 4"] = new() { Image = Colour, Rows = 4 },
        ["nhwc colour"] = new() { Image = Colour, Layout = ImageLayout.Nhwc },
        ["nhwc grey, fixed batch 3"] = new() { Layout = ImageLayout.Nhwc, Rows = 3 },
        ["flat grey"] = new() { Layout = ImageLayout.Flat },
        ["flat colour"] = new() { Image = new(3, 4, 4), Layout = ImageLayout.Flat },
        ["no channel axis"] = new() { NoChannelAxis = true },
        ["no batch axis, nchw"] = new() { Image = Colour, Rows = null },
        ["no batch axis, nhwc, [K] out"] = new() { Image = Colour, Rows = null, Layout = ImageLayout.Nhwc, DropRows = true },
        ["[K] out of a fixed batch 1"] = new() { Rows = 1, DropRows = true },
        ["[N, K, 1, 1] out"] = new() { TrailingOnes = 2 },
        ["[1, K, 1] out of a fixed batch 1"] = new() { Rows = 1, TrailingOnes = 1 },
        ["probabilities"] = new() { Scores = ScoreKind.Probabilities },
        ["log-probabilities"] = new() { Scores = ScoreKind.LogProbabilities },
        ["0..255"] = new() { Encoding = PixelEncoding.Bytes, Gain = 0.02 },
        ["ImageNet mean and std, nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, Encoding = PixelEncoding.ImageNet },
        ["ImageNet mean and std, fixed batch 2"] = new() { Image = Colour, Rows = 2, Encoding = PixelEncoding.ImageNet },
        ["uint8 nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, InputType = OnnxWriter.UInt8, Encoding = PixelEncoding.Bytes, Gain = 0.02 },
        ["uint8 grey, fixed batch 2"] = new() { Rows = 2, InputType = OnnxWriter.UInt8, Encoding = PixelEncoding.Bytes, Gain = 0.02 },
        ["float16 in and out"] = new() { Image = Colour, InputType = OnnxWriter.Float16, OutputType = OnnxWriter.Float16 },
        ["float16 in, float32 out, nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, InputType = OnnxWriter.Float16 },
        ["float64 in and out"] = new() { InputType = OnnxWriter.Double, OutputType = OnnxWriter.Double },
        ["float32 in, float64 out, nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, OutputType = OnnxWriter.Double },
        ["four channels, nhwc"] = new() { Image = new(4, 5, 6), Layout = ImageLayout.Nhwc },
        ["four channels, nchw"] = new() { Image = new(4, 7, 7) },
        ["ImageNet mean and std, B, G, R"] = new() { Image = Colour, Encoding = PixelEncoding.ImageNet.In(ChannelOrder.Bgr) },
        ["Caffe mean, nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, Encoding = PixelEncoding.Caffe, Gain = 0.02 },
        ["float32 in, float16 out"] = new() { OutputType = OnnxWriter.Float16 },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_variant_scores_as_float_64_arithmetic_does(string variant)
    {
        var model = Models[variant];
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Encoding = model.Encoding, Scores = model.Scores == ScoreKind.Logits ? null : model.Scores });
        bool half = model.InputType == OnnxWriter.Float16 || model.OutputType == OnnxWriter.Float16;
        double tolerance = half ? 2e-2 : 2e-6;

        oracle.Info.Image.ShouldBe(model.Image);
        oracle.Info.Layout.ShouldBe(model.Layout);
        oracle.Info.FixedRows.ShouldBe(model.Rows as int? ?? (model.Rows is null ? 1 : null));
        oracle.Info.Scores.ShouldBe(model.Scores);
        using var batch = oracle.CreateBatch(7);
        foreach (int rows in (int[])[7, 1, 4, 5, 7])
        {
            batch.Rows = rows;
            for (int row = 0; row < rows; row++)
            {
                model.Pixels(row).CopyTo(batch.Input(row));
            }

            batch.Scores.Span.Fill(float.NaN);
            oracle.Score(batch);
            for (int row = 0; row < rows; row++)
            {
                double[] expected = model.Expected(model.Pixels(row));
                for (int k = 0; k < model.Classes; k++)
                {
                    ((double)batch.Score(row)[k]).ShouldBe(expected[k], tolerance * (1 + Math.Abs(expected[k])));
                }
            }

            foreach (var score in batch.Scores[(rows * model.Classes)..].ToArray())
            {
                float.IsNaN(score).ShouldBeTrue("Scores beyond the rows in use were written.");
            }
        }
    }

    [Fact]
    public void Scoring_leaves_the_input_rows_as_they_are()
    {
        foreach (var model in Models.Values)
        {
            using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Encoding = model.Encoding });
            using var batch = oracle.CreateBatch(1);
            batch.Rows = 1;
            model.Pixels(0).CopyTo(batch.Input(0));
            oracle.Score(batch);
            batch.Input(0).ToArray().ShouldBe(model.Pixels(0));
        }
    }

    [Fact]
    public void A_flat_row_of_pixels_after_pixels_is_fed_so_when_asked_for()
    {
        var model = new TinyClassifier { Image = new(3, 4, 4), Layout = ImageLayout.Flat };
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Layout = ImageLayout.Nhwc });
        using var batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        float[] pixels = model.Pixels(0), interleaved = new float[48];
        for (int i = 0; i < 48; i++)
        {
            interleaved[(i % 16 * 3) + (i / 16)] = pixels[i];
        }

        pixels.CopyTo(batch.Input(0));
        oracle.Score(batch);

        double[] expected = model.Expected(interleaved);
        foreach (var k in Enumerable.Range(0, 5))
        {
            ((double)batch.Score(0)[k]).ShouldBe(expected[k], 1e-5);
        }
    }

    [Fact]
    public void What_the_shape_leaves_open_is_taken_from_the_options()
    {
        var options = new OnnxOracleOptions { Image = Colour };
        foreach (var model in (TinyClassifier[])[
            new() { Image = Colour, OpenSize = true },
            new() { Image = Colour, OpenSize = true, Layout = ImageLayout.Nhwc },
            new() { Image = Colour, OpenSize = true, Layout = ImageLayout.Flat },
            new() { Image = Colour, Layout = ImageLayout.Flat }])
        {
            string path = model.Save(_folder.File("m.onnx"));
            using var oracle = OnnxClassifierOracle.Load(path, options);
            oracle.Info.Image.ShouldBe(Colour);
            var error = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path));
            error.Message.ShouldContain("size", Case.Sensitive);
        }
    }

    [Fact]
    public void Images_fill_in_the_size_that_a_model_leaves_open()
    {
        var model = new TinyClassifier { Image = Colour, OpenSize = true };
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), Images(model, 3), new OnnxOracleOptions { Encoding = PixelEncoding.Unit });
        oracle.Info.Image.ShouldBe(Colour);
    }

    [Fact]
    public void Counts_are_of_the_rows_asked_for_and_of_the_calls_made()
    {
        var model = new TinyClassifier { Rows = 4 };
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")));
        using var batch = oracle.CreateBatch(10);
        (oracle.NativeCalls, oracle.NativeRows, oracle.NativeTime).ShouldBe((0, 0, TimeSpan.Zero));

        batch.Rows = 10;
        oracle.Score(batch);
        (oracle.NativeCalls, oracle.NativeRows).ShouldBe((3, 10));
        batch.Rows = 0;
        oracle.Score(batch);
        (oracle.NativeCalls, oracle.NativeRows).ShouldBe((3, 10));
        (oracle.NativeTime > TimeSpan.Zero).ShouldBeTrue();
    }

    [Fact]
    public void A_fixed_batch_warns_once_and_packs_whole_calls()
    {
        var model = new TinyClassifier { Rows = 4 };
        List<string> warnings = [];
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Warn = warnings.Add });
        warnings.ShouldHaveSingleItem().ShouldContain("exactly 4 images", Case.Sensitive);
        (oracle.PreferredRows % 4).ShouldBe(0);
    }

    [Fact]
    public void An_open_batch_axis_that_only_works_with_one_row_is_fed_one_at_a_time()
    {
        // As a traced flattening does: the row count is burnt in, whatever the input declares.
        var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 2, 2).Integers("one", 1, 4)
            .Node("Reshape", ["x", "one"], ["r"]).Constant("w", [4, 3], [.. Enumerable.Range(0, 12).Select(i => i / 10f)])
            .Node("MatMul", ["r", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3);
        List<string> warnings = [];
        using var oracle = OnnxClassifierOracle.Load(writer.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Warn = warnings.Add });
        warnings.ShouldHaveSingleItem().ShouldContain("only works with 1", Case.Sensitive);
        oracle.Info.FixedRows.ShouldBe(1);
        using var batch = oracle.CreateBatch(3);
        batch.Rows = 3;
        batch.Input(2).Fill(1);
        oracle.Score(batch);
        batch.Score(1)[2].ShouldBe(0f);
        batch.Score(2)[2].ShouldBe(0.2f + 0.5f + 0.8f + 1.1f, 1e-6f);
    }

    [Theory]
    [InlineData("noise")]
    [InlineData("company")]
    public void A_model_that_is_random_or_mixes_its_rows_is_warned_of(string kind)
    {
        var classifier = new TinyClassifier();
        var writer = classifier.Writer();
        _ = kind == "noise" ? writer.Node("RandomNormalLike", ["logits"], ["added"])
            : writer.Node("ReduceMean", ["logits"], ["added"], ("axes", new long[] { 0 }), ("keepdims", 1L));
        string path = writer.Node("Add", ["logits", "added"], ["output"]).Output("output", OnnxWriter.Float32, "N", 5).Save(_folder.File("m.onnx"));
        List<string> warnings = [];
        using var oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "output", Warn = warnings.Add });
        warnings.ShouldHaveSingleItem().ShouldContain("evaluation mode", Case.Sensitive);
    }

    [Fact]
    public void Large_images_travel_in_small_calls()
    {
        using var small = OnnxClassifierOracle.Load(new TinyClassifier().Save(_folder.File("s.onnx")));
        using var large = OnnxClassifierOracle.Load(new TinyClassifier { Image = new(3, 224, 224), Classes = 2 }.Save(_folder.File("l.onnx")));
        large.PreferredRows.ShouldBeInRange(1, 8);
        small.PreferredRows.ShouldBeInRange(21, 84);
    }

    [Fact]
    public void Another_number_of_rows_than_asked_for_is_an_oracle_failure()
    {
        // Gives as many rows as it gets, but never more than fifty.
        var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 2, 2).Integers("flat", -1, 4)
            .Node("Reshape", ["x", "flat"], ["r"]).Integers("from", 0).Integers("to", 50).Integers("axis", 0)
            .Node("Slice", ["r", "from", "to", "axis"], ["y"]).Output("y", OnnxWriter.Float32, "M", 4);
        using var oracle = OnnxClassifierOracle.Load(writer.Save(_folder.File("m.onnx")));
        using var batch = oracle.CreateBatch(60);
        batch.Rows = 50;
        oracle.Score(batch);
        batch.Rows = 60;
        var error = Should.Throw<OracleException>(() => oracle.Score(batch));
        error.Message.ShouldContain("60 rows", Case.Sensitive);
        (oracle.NativeCalls, oracle.NativeRows).ShouldBe((2, 110));
        error.Message.ShouldNotContain('\n');

        batch.Rows = 5;
        oracle.Score(batch);
    }

    [Fact]
    public void A_failure_inside_the_model_is_an_oracle_failure_and_the_next_call_works()
    {
        // Looks up row number 9·x[0]: a pixel of 1 is outside the table.
        var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 2, 2).Integers("flat", -1, 4)
            .Node("Reshape", ["x", "flat"], ["r"]).Integers("first", 0).Node("Gather", ["r", "first"], ["g"], ("axis", 1L))
            .Constant("nine", [], 9).Node("Mul", ["g", "nine"], ["m"]).Node("Cast", ["m"], ["i"], ("to", (long)OnnxWriter.Int64))
            .Constant("table", [8, 3], new float[24]).Integers("at", -1).Integers("k", 0)
            .Node("Gather", ["table", "i"], ["t"]).Integers("rows", -1, 3).Node("Reshape", ["t", "rows"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3);
        using var oracle = OnnxClassifierOracle.Load(writer.Save(_folder.File("m.onnx")));
        using var batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        batch.Input(0)[0] = 1;
        var error = Should.Throw<OracleException>(() => oracle.Score(batch));
        error.Message.ShouldStartWith("Model '", Case.Sensitive);
        batch.Input(0)[0] = 0;
        oracle.Score(batch);
    }

    [Fact]
    public void After_warm_up_scoring_allocates_nothing()
    {
        foreach (var (name, model) in Models)
        {
            using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Encoding = model.Encoding });
            using var batch = oracle.CreateBatch(6);
            long allocated = 0;
            for (int round = 0; round < 60; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                batch.Rows = 1 + (round % 6);
                oracle.Score(batch);
                allocated = round < 30 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
            }

            (allocated == 0).ShouldBeTrue($"'{name}' allocated {allocated} bytes in 30 rounds.");
        }
    }

    [Fact]
    public async Task Many_callers_at_once_each_get_their_own_scores()
    {
        var model = new TinyClassifier { Image = Colour, Layout = ImageLayout.Nhwc };
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Threads = 4 });
        oracle.Concurrency.ShouldBe(4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => Task.Run(() =>
        {
            using var batch = oracle.CreateBatch(9);
            for (int round = 0; round < 200; round++)
            {
                batch.Rows = 1 + ((round + caller) % 9);
                int name = (caller * 10) + (round % 10);
                model.Pixels(name).CopyTo(batch.Input(batch.Rows - 1));
                oracle.Score(batch);
                double[] expected = model.Expected(model.Pixels(name));
                ((double)batch.Score(batch.Rows - 1)[2]).ShouldBe(expected[2], 1e-5);
            }
        })));
        oracle.NativeCalls.ShouldBe(800);
    }

    [Fact]
    public void Native_handles_go_with_their_owners_in_whatever_order()
    {
        var oracle = OnnxClassifierOracle.Load(new TinyClassifier().Save(_folder.File("m.onnx")));
        var first = oracle.CreateBatch(3);
        var second = oracle.CreateBatch(3);
        oracle.Users.ShouldBe(3);
        first.Rows = 2;
        oracle.Score(first);
        oracle.Dispose();
        oracle.Dispose();
        oracle.Users.ShouldBe(2);
        Should.Throw<ObjectDisposedException>(() => oracle.Score(first));
        Should.Throw<ObjectDisposedException>(() => oracle.CreateBatch(1));
        first.Dispose();
        first.Dispose();
        second.Dispose();
        oracle.Users.ShouldBe(0);
    }

    [Fact]
    public void A_batch_of_another_oracle_or_a_disposed_one_is_refused()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        using var other = OnnxClassifierOracle.Load(path);
        using var foreign = other.CreateBatch(1);
        using var plain = new QueryBatch(1, oracle.InputLength, oracle.ScoreLength);
        Should.Throw<ArgumentException>(() => oracle.Score(foreign));
        Should.Throw<ArgumentException>(() => oracle.Score(plain));
        var disposed = oracle.CreateBatch(1);
        disposed.Dispose();
        disposed.Rows = 1;
        Should.Throw<ObjectDisposedException>(() => oracle.Score(disposed));
    }

    [Fact]
    public void Loading_and_dropping_many_models_leaves_no_native_memory_behind()
    {
        // 16 MB of weights each: a session that stayed would show after a few.
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 200, 200).Node("Flatten", ["x"], ["f"]).Constant("w", [40_000, 100], new float[4_000_000])
            .Node("MatMul", ["f", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 100).Save(_folder.File("m.onnx"));
        long Cycle(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using var oracle = OnnxClassifierOracle.Load(path);
                using var batch = oracle.CreateBatch(2);
                batch.Rows = 2;
                oracle.Score(batch);
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.WorkingSet64;
        }

        long before = Cycle(3);
        (Cycle(12) - before).ShouldBeInRange(long.MinValue, 100 << 20);
    }

    [Fact]
    public void The_description_says_what_the_file_says()
    {
        var model = new TinyClassifier { Image = Colour, Layout = ImageLayout.Nhwc };
        string path = model.Writer().Metadata("note", "hello").Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        var info = oracle.Info;
        info.Path.ShouldBe(path);
        info.Sha256.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
        (info.Input, info.InputType, info.InputShape).ShouldBe(("image", OnnxElementType.Float32, "[N, 5, 4, 3]"));
        (info.Output, info.OutputType, info.Classes).ShouldBe(("logits", OnnxElementType.Float32, 5));
        (info.Producer, info.Opset, info.IrVersion).ShouldBe(("tiny 1.0", 17, 8));
        info.Metadata["note"].ShouldBe("hello");
        info.Device.ShouldBe("cpu");
        info.LayoutReason.ShouldContain("channels", Case.Sensitive);
        info.EncodingReasons.ShouldHaveSingleItem().ShouldEndWith(".", Case.Sensitive);
    }

    [Fact]
    public void Options_override_what_is_read_and_guessed()
    {
        var square = new TinyClassifier { Image = new(3, 3, 3) };
        string path = square.Save(_folder.File("m.onnx"));
        using var guessed = OnnxClassifierOracle.Load(path);
        using var asked = OnnxClassifierOracle.Load(path, new OnnxOracleOptions
        {
            Layout = ImageLayout.Nhwc,
            Scores = ScoreKind.LogProbabilities,
            PreferredRows = 11,
            Threads = 3,
            Output = "logits",
        });
        (guessed.Info.Layout, guessed.Info.Scores).ShouldBe((ImageLayout.Nchw, ScoreKind.Logits));
        (asked.Info.Layout, asked.Info.Scores).ShouldBe((ImageLayout.Nhwc, ScoreKind.LogProbabilities));
        (asked.PreferredRows, asked.Concurrency).ShouldBe((11, 3));
        guessed.Concurrency.ShouldBe(Environment.ProcessorCount);
        Should.Throw<InputException>(() => new OnnxOracleOptions { Threads = 0 });
        Should.Throw<InputException>(() => new OnnxOracleOptions { PreferredRows = -1 });
    }

    [Fact]
    public void Among_several_outputs_the_one_that_looks_like_scores_is_taken()
    {
        // Beside the scores: class indices, and a feature map of four axes.
        var classifier = new TinyClassifier();
        string path = classifier.Writer().Node("ArgMax", ["logits"], ["label"], ("axis", 1L)).Output("label", OnnxWriter.Int64, "N", 1)
            .Node("Relu", ["image"], ["map"]).Output("map", OnnxWriter.Float32, "N", 1, 4, 4).Save(_folder.File("a.onnx"));
        using var byShape = OnnxClassifierOracle.Load(path);
        byShape.Info.Output.ShouldBe("logits");

        // Two matrices: the name decides.
        path = classifier.Writer().Node("Relu", ["row"], ["features"]).Output("features", OnnxWriter.Float32, "N", 16).Save(_folder.File("b.onnx"));
        using var byName = OnnxClassifierOracle.Load(path);
        byName.Info.Output.ShouldBe("logits");
        using var asked = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "features" });
        asked.ScoreLength.ShouldBe(16);
    }

    [Fact]
    public void Weights_beside_the_model_are_loaded()
    {
        var writer = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4).External("w", [4, 3], "w.bin")
            .Node("MatMul", ["x", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3);
        _folder.Write("w.bin", System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
        using var oracle = OnnxClassifierOracle.Load(writer.Save(_folder.File("m.onnx")));
        using var batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        batch.Input(0)[3] = 1;
        oracle.Score(batch);
        batch.Score(0).ToArray().ShouldBe([9f, 10f, 11f]);
    }

    internal static ImageSet Images(TinyClassifier model, int count) => new(
        "tiny", model.Image, [.. Enumerable.Range(0, count).SelectMany(model.Pixels)],
        [.. Enumerable.Range(0, count).Select(i => ArgMax(model.Expected(model.Pixels(i))))]);

    private static int ArgMax(double[] scores) => Array.IndexOf(scores, scores.Max());
}
