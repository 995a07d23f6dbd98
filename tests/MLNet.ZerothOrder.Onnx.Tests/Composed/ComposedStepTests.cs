using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ComposedStepTests : IDisposable
{
    private const int Directions = 6;
    private static readonly StepShape Shape = new(Directions);
    private static readonly ImageShape Colour = new(3, 5, 4);
    private static readonly RandomKey Key = RandomKey.FromSeed(3);

    private static readonly Dictionary<string, AttackLoss> Losses = new()
    {
        ["clip l1"] = new(),
        ["tanh l1"] = new() { Transform = BoxTransform.Tanh },
        ["clip l2 targeted"] = new() { Norm = DistortionNorm.L2, Target = 3, Confidence = 0.5 },
        ["tanh linf targeted"] = new() { Norm = DistortionNorm.LInfinity, Transform = BoxTransform.Tanh, Target = 0, DistortionWeight = 2 },
        ["clip linf, κ"] = new() { Norm = DistortionNorm.LInfinity, Confidence = 3, DistortionWeight = 0.5 },
    };

    private static readonly Dictionary<string, TinyClassifier> Variants = new()
    {
        ["nchw colour"] = new() { Image = Colour },
        ["nhwc colour"] = new() { Image = Colour, Layout = ImageLayout.Nhwc },
        ["nhwc grey, fixed batch of two steps"] = new() { Layout = ImageLayout.Nhwc, Rows = 2 * (Directions + 1) },
        ["flat colour"] = new() { Image = new(3, 4, 4), Layout = ImageLayout.Flat },
        ["no channel axis"] = new() { NoChannelAxis = true },
        ["[N, K, 1, 1] out"] = new() { TrailingOnes = 2 },
        ["probabilities"] = new() { Scores = ScoreKind.Probabilities },
        ["log-probabilities"] = new() { Scores = ScoreKind.LogProbabilities },
        ["0..255"] = new() { Encoding = PixelEncoding.Bytes, Gain = 0.02 },
        ["ImageNet mean and std, nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, Encoding = PixelEncoding.ImageNet },
        ["uint8 nhwc"] = new() { Image = Colour, Layout = ImageLayout.Nhwc, InputType = OnnxWriter.UInt8, Encoding = PixelEncoding.Bytes, Gain = 0.02 },
        ["float16 in and out"] = new() { Image = Colour, InputType = OnnxWriter.Float16, OutputType = OnnxWriter.Float16 },
    };

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string, bool> Bundled()
    {
        var data = new TheoryData<string, string, bool>();
        foreach (string loss in Losses.Keys)
        {
            data.Add("mnist-cnn.onnx", loss, false);
            data.Add("mnist-lenet.onnx", loss, true);
        }

        data.Add("mnist-cnn.onnx", "clip l1", true);
        return data;
    }

    public static TheoryData<string> Tiny => [.. Variants.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Bundled))]
    public void A_bundled_targets_steps_are_those_of_the_engine(string target, string loss, bool drawInGraph)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path(target));
        foreach (StepShape shape in (StepShape[])[new(7), new(7, EstimateKind.Antithetic), new(7, Corrects: true), new(6, EstimateKind.Antithetic, Corrects: true)])
        {
            using IStepOracle steps = oracle.ComposeSteps(Losses[loss], shape, drawInGraph);
            StepComparison seen = Compare(oracle, steps, Losses[loss], images: 2);

            // With the engine's own numbers and a clip the points are the same bit for bit, and only sums go in another order.
            bool samePoints = !drawInGraph && Losses[loss].Transform == BoxTransform.Clip;
            seen.LossError.ShouldBeInRange(0, samePoints ? 1e-13 : 1e-5);
            seen.EstimateError.ShouldBeInRange(0, samePoints ? 1e-6 : 5e-3);
            seen.CombinationError.ShouldBeInRange(0, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Tiny))]
    public void Every_variants_steps_are_those_of_the_engine(string variant)
    {
        TinyClassifier model = Variants[variant];
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Encoding = model.Encoding });
        bool rounds = model.InputType != OnnxWriter.Float32;
        foreach (bool drawInGraph in (bool[])[true, false])
        {
            AttackLoss loss = new() { Scores = model.Scores };
            using IStepOracle steps = oracle.ComposeSteps(loss, Shape, drawInGraph);
            foreach (int images in (int[])[1, 2])
            {
                StepComparison seen = Compare(oracle, steps, loss, images);

                // A pixel's last bit can decide which way it is rounded for the model.
                seen.LossError.ShouldBeInRange(0, rounds ? 2e-2 : 1e-5);
                seen.EstimateError.ShouldBeInRange(0, rounds ? 0.3 : 5e-3);
                seen.CombinationError.ShouldBeInRange(0, 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(130, EstimateKind.Forward)]
    [InlineData(150, EstimateKind.Antithetic)]
    public void A_memory_is_corrected_in_the_same_blocks_as_the_engines_even_by_directions_that_repeat(int directions, EstimateKind kind)
    {
        // In 16 dimensions 64 directions depend on each other, and only the ridge keeps the system solvable.
        using var oracle = OnnxClassifierOracle.Load(new TinyClassifier().Save(_folder.File("m.onnx")));
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), new StepShape(directions, kind, Corrects: true), drawInGraph: false);
        StepComparison seen = Compare(oracle, steps, new AttackLoss(), images: 1);
        seen.EstimateError.ShouldBeInRange(0, 1e-5);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(18)]
    [InlineData(21)]
    public void A_target_keeps_its_operator_version(int opset)
    {
        OnnxWriter writer = new TinyClassifier { Image = Colour }.Writer();
        writer.Opset = opset;
        using var oracle = OnnxClassifierOracle.Load(writer.Save(_folder.File("m.onnx")));
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, drawInGraph: true);
        StepComparison seen = Compare(oracle, steps, new AttackLoss(), images: 2);
        seen.LossError.ShouldBeInRange(0, 1e-5);
        seen.EstimateError.ShouldBeInRange(0, 5e-3);
    }

    [Fact]
    public void A_target_whose_values_have_our_names_keeps_them()
    {
        string path = new OnnxWriter().Input("zo.theta", OnnxWriter.Float32, "N", 1, 2, 2)
            .Integers("zo.1", -1, 4).Constant("_zo.2", [2, 4], 1, -2, 3, -4, 4, 3, 2, 1)
            .Node("Reshape", ["zo.theta", "zo.1"], ["zo.3"]).Node("Gemm", ["zo.3", "_zo.2"], ["zo.losses"], ("transB", 1L))
            .Output("zo.losses", OnnxWriter.Float32, "N", 2).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, drawInGraph: true);
        Compare(oracle, steps, new AttackLoss(), images: 1).EstimateError.ShouldBeInRange(0, 5e-3);
    }

    [Fact]
    public void Weights_beside_the_model_are_found()
    {
        float[] weights = [1, -2, 3, -4, 4, 3, 2, 1];
        _folder.Write("weights.bin", System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weights));
        string path = new OnnxWriter().Input("image", OnnxWriter.Float32, "N", 1, 2, 2)
            .Integers("shape", -1, 4).External("weights", [2, 4], "weights.bin")
            .Node("Reshape", ["image", "shape"], ["row"]).Node("Gemm", ["row", "weights"], ["logits"], ("transB", 1L))
            .Output("logits", OnnxWriter.Float32, "N", 2).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, drawInGraph: false);
        Compare(oracle, steps, new AttackLoss(), images: 2).EstimateError.ShouldBeInRange(0, 5e-3);
    }

    [Fact]
    public void Every_row_is_counted_before_it_is_sent()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-lenet.onnx"));
        var told = new List<(int Rows, long Sent)>();
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, sending: rows => told.Add((rows, oracle.NativeRows)));
        using StepBatch batch = steps.CreateBatch();
        batch.Ask();
        told.ShouldBeEmpty();
        long before = oracle.NativeRows;
        foreach (int images in (int[])[1, 3])
        {
            batch.Clear();
            for (int i = 0; i < images; i++)
            {
                batch.Add(Objective(oracle, new AttackLoss(), i), new float[784], 0.01f, Key);
            }

            batch.Ask();
        }

        const int step = Directions + 1;
        told.ShouldBe([(step, before), (3 * step, before + step)]);
        oracle.NativeRows.ShouldBe(before + (4 * step));
    }

    [Fact]
    public void A_step_does_not_depend_on_its_company()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-lenet.onnx"));
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, drawInGraph: true);
        using StepBatch batch = steps.CreateBatch();
        float[][] estimates = [.. ((int[])[1, 2, 3]).Select(images =>
        {
            batch.Clear();
            for (int i = images - 1; i >= 0; i--)
            {
                batch.Add(Objective(oracle, new AttackLoss(), i), new float[784], 0.01f, Key.Derive((ulong)i));
            }

            batch.Ask();
            return batch.Estimate(images - 1).ToArray();
        })];
        estimates[1].ShouldBe(estimates[0]);
        estimates[2].ShouldBe(estimates[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_warm_up_a_step_allocates_nothing(bool drawInGraph)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-lenet.onnx"));
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape, drawInGraph: drawInGraph);
        using StepBatch batch = steps.CreateBatch();
        AttackObjective objective = Objective(oracle, new AttackLoss(), 0);
        var theta = new float[784];
        long allocated = 0;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            batch.Clear();
            for (int i = 0; i <= round % 2; i++)
            {
                batch.Add(objective, theta, 0.01f, Key);
            }

            batch.Ask();
            allocated = round < 10 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
        }

        allocated.ShouldBe(0);
    }

    [Fact]
    public void A_score_that_is_no_number_fails_its_step_alone()
    {
        // The logarithm of what is left of a bright pixel.
        string path = new OnnxWriter { Opset = 13 }.Input("image", OnnxWriter.Float32, "N", 1, 1, 2)
            .Integers("shape", -1, 2).Constant("limit", [1], 0.6f)
            .Node("Reshape", ["image", "shape"], ["row"]).Node("Sub", ["limit", "row"], ["left"]).Node("Log", ["left"], ["logits"])
            .Output("logits", OnnxWriter.Float32, "N", 2).Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Scores = ScoreKind.Logits });
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape);
        using StepBatch batch = steps.CreateBatch();
        batch.Add(new AttackObjective(new float[] { 0.3f, 0.2f }, 0, 2, new AttackLoss()), new float[2], 1e-3f, Key);
        batch.Add(new AttackObjective(new float[] { 0.9f, 0.2f }, 1, 2, new AttackLoss()), new float[2], 1e-3f, Key);
        batch.Ask();
        batch.FailureOf(0, "image a", 4).ShouldBeNull();
        batch.FailureOf(1, "image b", 4)!.Message.ShouldContain("image b at step 4", Case.Sensitive);
    }

    [Fact]
    public void A_fixed_batch_that_holds_no_whole_steps_is_refused() => Refused(
        new TinyClassifier { Rows = 4 }.Save(_folder.File("m.onnx")), "takes exactly 4 images at a time, but a composed graph needs all 7 queries of a step together");

    [Fact]
    public void Operators_that_are_too_old_are_refused()
    {
        OnnxWriter writer = new TinyClassifier().Writer();
        writer.Opset = 10;
        Refused(writer.Save(_folder.File("m.onnx")), "uses ONNX opset 10, but a composed graph needs opset 11 or later");
    }

    [Fact]
    public void A_model_that_changed_since_it_was_loaded_is_refused()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        new TinyClassifier { Classes = 4 }.Save(path);
        Should.Throw<InputException>(() => oracle.ComposeSteps(new AttackLoss(), Shape)).Message.ShouldContain("has changed since it was loaded", Case.Sensitive);
    }

    [Fact]
    public void A_full_batch_and_a_step_of_another_size_are_refused()
    {
        TinyClassifier model = Variants["nhwc grey, fixed batch of two steps"];
        using var oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")));
        using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), Shape);
        using StepBatch batch = steps.CreateBatch();
        AttackObjective objective = Objective(oracle, new AttackLoss(), 0);
        Should.Throw<ArgumentException>(() => batch.Add(objective, new float[3], 0.01f, Key));
        batch.Add(objective, new float[16], 0.01f, Key);
        batch.Add(objective, new float[16], 0.01f, Key);
        Should.Throw<ArgumentException>(() => batch.Add(objective, new float[16], 0.01f, Key)).Message.ShouldContain("it has its 2 steps", Case.Sensitive);
    }

    [SkippableFact]
    public void On_CUDA_steps_are_those_of_the_engine()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-cnn.onnx"), new OnnxOracleOptions { Device = OnnxDevice.Auto });
        Skip.IfNot(oracle.Info.Device.StartsWith("cuda", StringComparison.Ordinal), "CUDA does not work on this machine.");

        foreach (bool drawInGraph in (bool[])[true, false])
        {
            using IStepOracle steps = oracle.ComposeSteps(new AttackLoss(), new StepShape(20), drawInGraph: drawInGraph);

            // Twice at one size: the second call must not see the first one's steps.
            StepComparison seen = Compare(oracle, steps, new AttackLoss(), images: 2);
            seen.LossError.ShouldBeInRange(0, 1e-4);
            seen.EstimateError.ShouldBeInRange(0, 2e-2);
        }
    }

    private void Refused(string path, string reason)
    {
        using var oracle = OnnxClassifierOracle.Load(path);
        var error = Should.Throw<InputException>(() => oracle.ComposeSteps(new AttackLoss(), Shape));
        error.Message.ShouldContain(reason, Case.Sensitive);
        error.Message.ShouldEndWith(".", Case.Sensitive);
        error.Message.ShouldNotContain('\n');
    }

    // Two calls: the second must not see what the first one left.
    private static StepComparison Compare(OnnxClassifierOracle oracle, IStepOracle steps, AttackLoss loss, int images)
    {
        var comparison = new StepComparison(oracle, steps, smoothing: 0.01f);
        using StepBatch batch = steps.CreateBatch();
        for (int call = 0; call < 2; call++)
        {
            comparison.Ask(batch, [.. Enumerable.Range(0, images).Select(i => Objective(oracle, loss, (10 * call) + i))], Key.Derive((ulong)call));
        }

        return comparison;
    }

    private static AttackObjective Objective(OnnxClassifierOracle oracle, AttackLoss loss, int index)
    {
        var image = new float[oracle.InputLength];
        CounterRandom.Uniforms(Key.Derive(1).Derive((ulong)index), image);
        return new AttackObjective(image, index % oracle.ScoreLength == loss.Target ? 1 : index % oracle.ScoreLength, oracle.ScoreLength, loss);
    }
}
