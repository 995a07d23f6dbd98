using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A row's scores are the same alone and beside others, at every place, in every call; or a warning says why not.</summary>
public sealed class CallRowsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Kinds => [.. CompanyModels.All.Keys.Except([CompanyModels.Changing])];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_row_has_the_same_scores_in_every_call(string kind)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(CompanyModels.All[kind]().Save(_folder.File("m.onnx")));
        var alone = new Dictionary<int, float[]>();
        foreach (int capacity in (int[])[1, 2, 3, 7, 44])
        {
            using QueryBatch batch = oracle.CreateBatch(capacity);
            for (int rows = 1; rows <= capacity; rows++)
            {
                batch.Rows = rows;
                for (int row = 0; row < rows; row++)
                {
                    CompanyModels.Pixels(oracle.Info.Image, (row + rows) % 9).CopyTo(batch.Input(row));
                }

                oracle.Score(batch);
                for (int row = 0; row < rows; row++)
                {
                    int image = (row + rows) % 9;
                    alone.TryAdd(image, batch.Score(row).ToArray());
                    batch.Score(row).ToArray().ShouldBe(alone[image], $"row {row} of {rows}");
                }
            }
        }

        alone.Count.ShouldBe(9);
        oracle.Info.Warnings.Count(warning => warning.Contains("one image a call", StringComparison.Ordinal)).ShouldBe(oracle.Info.CallRows == CallRows.One ? 1 : 0);
    }

    [Fact]
    public void What_shares_numbers_between_rows_is_asked_row_by_row_and_named()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(CompanyModels.All["dynamically quantised"]().Save(_folder.File("m.onnx")));
        oracle.Info.CallRows.ShouldBe(CallRows.One);
        string warning = oracle.Info.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain("DynamicQuantizeLinear 'q0'");
        warning.ShouldContain("by up to ");
        using QueryBatch batch = oracle.CreateBatch(5);
        batch.Rows = 5;
        oracle.Score(batch);
        oracle.NativeCalls.ShouldBe(5);
        Should.Throw<InputException>(() => oracle.ComposeSteps(new AttackLoss(), new StepShape(3))).Message.ShouldContain("attack it row by row");
    }

    [Fact]
    public void A_fixed_batch_whose_rows_mix_is_fed_one_image_beside_blank_ones()
    {
        var model = new TinyClassifier { Rows = 4 };
        string path = model.Writer().Node("ReduceMean", ["logits"], ["mean"], ("axes", new long[] { 0 }), ("keepdims", 1L)).Node("Add", ["logits", "mean"], ["output"])
            .Output("output", OnnxWriter.Float32, 4, 5).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "output" });
        (oracle.Info.FixedRows, oracle.Info.CallRows).ShouldBe((4, CallRows.One));
        oracle.Info.Warnings[0].ShouldContain("ReduceMean 'mean'");
        using QueryBatch batch = oracle.CreateBatch(6);
        batch.Rows = 6;
        for (int row = 0; row < 6; row++)
        {
            model.Pixels(row % 2).CopyTo(batch.Input(row));
        }

        oracle.Score(batch);
        oracle.NativeCalls.ShouldBe(6);
        batch.Score(4).ToArray().ShouldBe(batch.Score(0).ToArray());
        batch.Score(5).ToArray().ShouldBe(batch.Score(1).ToArray());
    }

    [Theory]
    [InlineData("RandomNormalLike", "RandomNormalLike 'noise'")]
    [InlineData("Dropout", "Dropout in training mode 'noise'")]
    public void A_model_that_draws_at_random_is_warned_of_and_the_operator_named(string type, string cause)
    {
        OnnxWriter writer = new TinyClassifier().Writer();
        _ = type == "Dropout"
            ? writer.Constant("ratio", [], 0.5f).Raw("on", OnnxWriter.Bool, [], (byte)1).Node(type, ["logits", "ratio", "on"], ["noise"]) : writer.Node(type, ["logits"], ["noise"]);
        string path = writer.Output("noise", OnnxWriter.Float32, "N", 5).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "noise" });
        string warning = oracle.Info.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain("from call to call");
        warning.ShouldContain(cause);
    }

    [Fact]
    public void Batch_normalisation_in_training_mode_which_keeps_numbers_from_call_to_call_is_warned_of()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(CompanyModels.All[CompanyModels.Changing]().Save(_folder.File("m.onnx")));
        string warning = oracle.Info.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain("from call to call");
        warning.ShouldContain("BatchNormalization in training mode 'normal'");
    }

    [Fact]
    public void A_Dropout_in_training_mode_that_is_left_out_is_told()
    {
        // ONNX Runtime removes one that stands between two operators.
        string path = new TinyClassifier().Writer().Constant("ratio", [], 0.5f).Raw("on", OnnxWriter.Bool, [], (byte)1).Node("Dropout", ["gemm", "ratio", "on"], ["dropped"])
            .Node("Relu", ["dropped"], ["y"]).Output("y", OnnxWriter.Float32, "N", 5).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "y" });
        string warning = oracle.Info.Warnings.ShouldHaveSingleItem();
        warning.ShouldContain("Dropout in training mode 'dropped'");
        warning.ShouldContain("evaluation mode");
    }

    [Fact]
    public void A_Dropout_that_is_left_out_is_told_beside_another_operator_that_draws_at_random()
    {
        string path = new TinyClassifier().Writer().Constant("ratio", [], 0.5f).Raw("on", OnnxWriter.Bool, [], (byte)1).Node("Dropout", ["gemm", "ratio", "on"], ["dropped"])
            .Node("RandomNormalLike", ["gemm"], ["noise"]).Node("Add", ["dropped", "noise"], ["y"]).Output("y", OnnxWriter.Float32, "N", 5).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Output = "y" });
        oracle.Info.Warnings.Count.ShouldBe(2);
        oracle.Info.Warnings[0].ShouldContain("because of RandomNormalLike 'noise')");
        oracle.Info.Warnings[1].ShouldContain("Dropout in training mode 'dropped', which ONNX Runtime");
    }

    [Fact]
    public void A_model_that_standardises_its_image_is_steady()
    {
        // A blank image has no deviation to divide by.
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 6, 6).Node("ReduceMean", ["x"], ["m"], ("axes", new long[] { 1, 2, 3 })).Node("Sub", ["x", "m"], ["c"])
            .Node("ReduceL2", ["c"], ["s"], ("axes", new long[] { 1, 2, 3 })).Node("Div", ["c", "s"], ["n"]).Node("Flatten", ["n"], ["f"])
            .Constant("w", [36, 3], [.. Enumerable.Range(0, 108).Select(i => (i % 7) - 3f)]).Node("MatMul", ["f", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void The_users_own_images_show_what_those_made_for_it_do_not()
    {
        // Adds the batch's mean where a corner is exactly black, which no test image is.
        var shape = new ImageShape(1, 4, 4);
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4).Node("Flatten", ["x"], ["f"]).Integers("first", 0).Node("Gather", ["f", "first"], ["corner"], ("axis", 1L))
            .Constant("zero", [1], 0).Node("Equal", ["corner", "zero"], ["isBlack"]).Node("ReduceMean", ["f"], ["m"], ("axes", new long[] { 0 })).Node("Where", ["isBlack", "m", "zero"], ["added"])
            .Node("Add", ["f", "added"], ["y"]).Output("y", OnnxWriter.Float32, "N", 16).Save(_folder.File("m.onnx"));
        float[] pixels = [.. Enumerable.Range(0, 3).SelectMany(i => CompanyModels.Pixels(shape, i))];
        for (int image = 0; image < 3; image++)
        {
            pixels[16 * image] = 0;
        }

        using OnnxClassifierOracle without = OnnxClassifierOracle.Load(path);
        using OnnxClassifierOracle with = OnnxClassifierOracle.Load(path, new ImageSet("own", shape, pixels, [0, 1, 2]), new OnnxOracleOptions { Encoding = PixelEncoding.Unit });
        (without.Info.CallRows, with.Info.CallRows).ShouldBe((CallRows.Any, CallRows.One));
    }

    [Fact]
    public void Weights_do_not_stay_among_the_inputs()
    {
        OnnxFile file = OnnxFile.Read(CompanyModels.All["weights among the inputs"]().Save(_folder.File("m.onnx")));
        file.Model.Graph!.Input.Count.ShouldBe(5);
        TargetModel target = TargetModel.Of(file, null, cuts: true);
        target.Model!.Graph!.Input.Select(input => input.Name).ShouldBe(["x"]);
        target.Model.Graph!.Initializer.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public unsafe void Memory_that_ONNX_Runtime_sees_begins_at_multiples_of_64_bytes(int length)
    {
        // Many at once, since any one may be aligned by chance.
        for (int i = 0; i < 32; i++)
        {
            using var batch = new QueryBatch(1 + (i % 3), length, length);
            fixed (float* inputs = batch.Inputs.Span, scores = batch.Scores.Span)
            {
                ((long)inputs % 64, (long)scores % 64).ShouldBe((0L, 0L));
            }

            fixed (byte* bytes = new AlignedArray<byte>(length).Span)
            fixed (double* doubles = new AlignedArray<double>(length).Span)
            {
                ((long)bytes % 64, (long)doubles % 64).ShouldBe((0L, 0L));
            }
        }
    }

    [Fact]
    public void A_part_of_aligned_memory_stays_inside_of_it()
    {
        var array = new AlignedArray<float>(5);
        array.Slice(2, 3).Length.ShouldBe(3);
        array.Slice(5, 0).Length.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => array.Slice(3, 3).Length);
        Should.Throw<ArgumentOutOfRangeException>(() => array.Slice(-1, 2).Length);
    }
}
