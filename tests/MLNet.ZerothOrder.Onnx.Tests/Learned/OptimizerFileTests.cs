using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.OnnxSchema;
using Shouldly;
using Xunit.Abstractions;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class OptimizerFileTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Case, what its sentence must say.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { "no kind", "lacks the metadata of a learned optimizer" },
        { "a newer version", "has version 2 of the optimizer format" },
        { "no version", "lacks the metadata 'formatVersion'" },
        { "a version in words", "'one' in its metadata 'formatVersion'" },
        { "no hidden", "lacks the metadata 'hidden'" },
        { "hidden of a billion", "an integer in 1..256" },
        { "hidden of 11", "of shape [1,40,1] and 160 bytes" },
        { "other networks", "'update', 'update query', 'gated', 'gated query', 'proximal', 'proximal images' or 'proximal images spatial'" },
        { "other biases", "yes or no for each network" },
        { "no directions", "lacks the metadata 'directions'" },
        { "no queries", "'0' in its metadata 'directions'" },
        { "negative smoothing", "a positive number or 'open'" },
        { "a seed in words", "an integer" },
        { "a loss in words", "a number" },
        { "a story", "has metadata 'trainedOn' of more than one line" },
        { "metadata twice", "'seed' twice" },
        { "an unknown input", "an input 'perturbation'" },
        { "no weights", "lacks the weights 'query.R'" },
        { "transposed weights", "of shape [1,10,40]" },
        { "short weights", "and 1596 bytes" },
        { "integer weights", "numbers of another type" },
        { "NaN weights", "NaN among its weights 'update.W'" },
        { "another operator", "does not have the graph of version" },
        { "another opset", "does not have the graph of version" },
        { "another format version", "does not have the graph of version" },
        { "another state width", "does not have the graph of version" },
        { "an operator more", "does not have the graph of version" },
        { "weights outside", "does not have the graph of version" },
    };

    /// <summary>Case of a proximal model's file, what its sentence must say.</summary>
    public static TheoryData<string, string> BrokenProximal => new()
    {
        { "other networks", "'update', 'update query', 'gated', 'gated query', 'proximal', 'proximal images' or 'proximal images spatial'" },
        { "other biases", "yes or no for each network" },
        { "no biases", "yes or no for each network" },
        { "networks of the paper's", "an input 'features'" },
        { "no kind", "lacks the metadata of a learned optimizer" },
        { "an unknown input", "an input 'perturbation'" },
        { "no skip weights", "lacks the weights 'update.D'" },
        { "transposed skip weights", "of shape [1,3,16]" },
        { "hidden of 11", "of shape [1,40,16]" },
        { "another operator", "does not have the graph of version" },
        { "another state width", "does not have the graph of version" },
        { "an operator more", "does not have the graph of version" },
    };

    [Theory]
    [InlineData(1, false)]
    [InlineData(12, true)]
    [InlineData(256, false)]
    public void A_proximal_steps_network_is_read_back_bit_for_bit(int hidden, bool seesImages)
    {
        LearnedModel model = Models.DrawProximal(hidden) with { SeesImages = seesImages, TrainedOn = "mnist-cnn", Directions = 33, Smoothing = 1e-4f, Seed = 5, ValidationLoss = -1.25 };

        OptimizerFile.Write(_folder.File("o.onnx"), model);
        OptimizerFileInfo info = OptimizerFile.Describe(_folder.File("o.onnx"));

        LearnedModel read = info.Model;
        (read.Kind, read.SeesImages, read.Query, read.Hidden).ShouldBe((LearnedKind.Proximal, seesImages, null, hidden));
        (read.Update.Inputs, read.Update.Outputs, read.Update.HasBias, read.Update.HasSkip).ShouldBe((16, 3, true, true));
        read.Update.Values.ToArray().ShouldBe(model.Update.Values.ToArray());
        (read.TrainedOn, read.Directions, read.Smoothing, read.Seed, read.ValidationLoss)
            .ShouldBe((model.TrainedOn, model.Directions, model.Smoothing, model.Seed, model.ValidationLoss));
        OptimizerFile.ToBytes(read).ShouldBe(File.ReadAllBytes(_folder.File("o.onnx")));
        info.Inputs.ShouldBe(["features [P, 16, d]", $"state [P, d, {2 * hidden}]"]);
        info.Outputs.ShouldBe(["outputs [P, 3, d]", $"newState [P, d, {2 * hidden}]"]);
    }

    [Theory]
    [InlineData(1, false, 6)]
    [InlineData(10, true, 6)]
    [InlineData(10, false, 4)]
    [InlineData(256, true, 6)]
    public void A_gated_model_is_read_back_bit_for_bit(int hidden, bool hasQuery, int rows)
    {
        LearnedModel model = Models.DrawGated(hidden, hasQuery, inputs: rows) with { TrainedOn = "mnist-cnn", Directions = 33, Smoothing = 1e-4f, Seed = 5, ValidationLoss = -1.25 };

        OptimizerFile.Write(_folder.File("o.onnx"), model);
        OptimizerFileInfo info = OptimizerFile.Describe(_folder.File("o.onnx"));

        LearnedModel read = info.Model;
        (read.Kind, read.Query is not null, read.Hidden).ShouldBe((LearnedKind.Gated, hasQuery, hidden));
        read.Update.Values.ToArray().ShouldBe(model.Update.Values.ToArray());
        (read.Query?.Values.ToArray()).ShouldBe(model.Query?.Values.ToArray());
        OptimizerFile.ToBytes(read).ShouldBe(File.ReadAllBytes(_folder.File("o.onnx")));
        info.Inputs.ShouldBe([$"features [P, {rows}, d]", $"state [P, d, {(hasQuery ? 4 : 2) * hidden}]", "scale [P]", .. hasQuery ? (string[])["appliedUpdate [P, d]"] : []]);
        info.Outputs.ShouldBe(["update [P, d]", "deviation [P, d]", $"newState [P, d, {(hasQuery ? 4 : 2) * hidden}]"]);
    }

    [Theory]
    [InlineData("other networks", "'update', 'update query', 'gated', 'gated query', 'proximal', 'proximal images' or 'proximal images spatial'")]
    [InlineData("other biases", "yes or no for each network")]
    [InlineData("no biases", "yes or no for each network")]
    [InlineData("networks of the paper's", "an input 'features'")]
    [InlineData("an unknown input", "an input 'perturbation'")]
    [InlineData("hidden of 11", "of shape [1,40,6]")]
    [InlineData("another operator", "does not have the graph of version")]
    [InlineData("an operator more", "does not have the graph of version")]
    public void A_gated_file_that_does_not_hold_together_is_refused_in_one_sentence(string what, string says) =>
        MustBeRefused(Models.DrawGated(hidden: 10, hasQuery: false), what, says);

    [Theory]
    [MemberData(nameof(BrokenProximal))]
    public void A_proximal_file_that_does_not_hold_together_is_refused_in_one_sentence(string what, string says) =>
        MustBeRefused(Models.DrawProximal(hidden: 10), what, says);

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(10, false, true)]
    [InlineData(10, true, true)]
    [InlineData(7, true, false)]
    [InlineData(256, true, true)]
    public void What_is_written_is_read_back_bit_for_bit(int hidden, bool hasBias, bool hasQuery)
    {
        LearnedModel model = Models.Draw(hidden, hasBias, hasQuery) with
        {
            TrainedOn = "mnist-cnn, „Bilder“ 1…200",
            Directions = 33,
            Smoothing = 1.2345678e-4f,
            Seed = -5_000_000_000,
            ValidationLoss = 1.0 / 3,
        };

        OptimizerFile.Write(_folder.File("o.onnx"), model);
        LearnedModel read = OptimizerFile.Read(_folder.File("o.onnx"));

        read.Update.Values.ToArray().ShouldBe(model.Update.Values.ToArray());
        read.Query?.Values.ToArray().ShouldBe(model.Query!.Values.ToArray());
        (read.Query is not null).ShouldBe(hasQuery);
        (read.Hidden, read.Update.HasBias).ShouldBe((hidden, hasBias));
        (read.TrainedOn, read.Directions, read.Smoothing, read.Seed, read.ValidationLoss)
            .ShouldBe((model.TrainedOn, model.Directions, model.Smoothing, model.Seed, model.ValidationLoss));
        OptimizerFile.ToBytes(read).ShouldBe(OptimizerFile.ToBytes(model));
        File.ReadAllBytes(_folder.File("o.onnx")).ShouldBe(OptimizerFile.ToBytes(model));
    }

    [Fact]
    public void An_unmeasured_loss_and_an_open_smoothing_survive_the_file()
    {
        OptimizerFile.Write(_folder.File("o.onnx"), Models.Draw() with { Smoothing = null, ValidationLoss = double.NaN });

        LearnedModel read = OptimizerFile.Read(_folder.File("o.onnx"));

        read.Smoothing.ShouldBeNull();
        read.ValidationLoss.ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_graph_has_the_inputs_and_outputs_of_the_contract(bool hasQuery)
    {
        OptimizerFile.Write(_folder.File("o.onnx"), Models.Draw(hasQuery: hasQuery));
        OnnxEnvironment.Open();
        using var session = new InferenceSession(_folder.File("o.onnx"));

        session.InputNames.ShouldBe(hasQuery ? ["gradient", "state", "scale", "appliedUpdate"] : ["gradient", "state", "scale"]);
        session.OutputNames.ShouldBe(["update", "deviation", "newState"]);
        session.InputMetadata["gradient"].SymbolicDimensions.ShouldBe(["P", "d"]);
        session.InputMetadata["state"].Dimensions.ShouldBe([-1, -1, hasQuery ? 40 : 20]);
        session.ModelMetadata.GraphName.ShouldBe("step");
        session.ModelMetadata.CustomMetadataMap["formatVersion"].ShouldBe("1");
    }

    [SkippableTheory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void The_onnx_checker_accepts_the_file(bool hasBias, bool hasQuery)
    {
        OptimizerFile.Write(_folder.File("o.onnx"), Models.Draw(hasBias: hasBias, hasQuery: hasQuery));

        MustPassTheChecker();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_onnx_checker_accepts_a_proximal_steps_file(bool hasSpatial)
    {
        OptimizerFile.Write(_folder.File("o.onnx"), Models.DrawProximal() with { SeesImages = hasSpatial, Spatial = hasSpatial ? Models.DrawSpatial() : null });

        MustPassTheChecker();
    }

    [Fact]
    public void The_spatial_part_is_read_back_bit_for_bit()
    {
        LearnedModel model = Models.DrawProximal() with { SeesImages = true, Spatial = Models.DrawSpatial() };

        OptimizerFile.Write(_folder.File("o.onnx"), model);
        OptimizerFileInfo info = OptimizerFile.Describe(_folder.File("o.onnx"));

        info.Model.SeesImages.ShouldBeTrue();
        info.Model.Spatial!.Values.ToArray().ShouldBe(model.Spatial!.Values.ToArray());
        info.Inputs.ShouldBe(["features [P, 16, d]", "state [P, d, 12]", "maps [P, 9, H, W]", "scalars [P, 6]"]);
        info.Outputs.ShouldBe(["outputs [P, 3, d]", "newState [P, d, 12]", "logDeviation [P, 2, H, W]"]);
        OptimizerFile.ToBytes(info.Model).ShouldBe(File.ReadAllBytes(_folder.File("o.onnx")));
    }

    private void MustPassTheChecker()
    {
        (int Code, string Text)? result = Check("/usr/bin/python3") ?? Check("python3");

        Skip.If(result is null, "No python3 with the onnx package (Debian's python3-onnx) is on this machine.");
        result!.Value.Code.ShouldBe(0, result.Value.Text);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_file_that_does_not_hold_together_is_refused_in_one_sentence(string what, string says) => MustBeRefused(Models.Draw(), what, says);

    private void MustBeRefused(LearnedModel model, string what, string says)
    {
        Model file = Fields.Read<Model>(OptimizerFile.ToBytes(model));
        Break(file, what);

        string message = Refused(_folder.Write("o.onnx", Fields.Write(file)));

        output.WriteLine(message);
        message.ShouldContain(says);
        message.ShouldContain("o.onnx");
        message.ShouldNotContain('\n');
        message.ShouldEndWith(".");
        message.ShouldNotContain(". ");
        message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public void What_there_is_to_tell_about_a_file_is_told()
    {
        string path = _folder.File("o.onnx");
        OptimizerFile.Write(path, Models.Draw(hidden: 3));
        OptimizerFileInfo info = OptimizerFile.Describe(path);

        info.Path.ShouldBe(path);
        info.Sha256.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
        OptimizerFile.ToBytes(info.Model).ShouldBe(File.ReadAllBytes(path));
        info.Inputs.ShouldBe(["gradient [P, d]", "state [P, d, 12]", "scale [P]", "appliedUpdate [P, d]"]);
        info.Outputs.ShouldBe(["update [P, d]", "deviation [P, d]", "newState [P, d, 12]"]);
        (info.Producer, info.Opset, info.IrVersion).ShouldBe(("MLNet.ZerothOrder", 17, 8));
    }

    [Fact]
    public void A_file_says_whether_it_is_an_optimizer_also_where_its_version_is_another()
    {
        Model file = Fields.Read<Model>(OptimizerFile.ToBytes(Models.Draw()));
        OptimizerFile.IsOptimizer(_folder.Write("o.onnx", Fields.Write(file))).ShouldBeTrue();
        Break(file, "a newer version");
        OptimizerFile.IsOptimizer(_folder.Write("newer.onnx", Fields.Write(file))).ShouldBeTrue();

        OptimizerFile.IsOptimizer(new TinyClassifier().Save(_folder.File("classifier.onnx"))).ShouldBeFalse();
        OptimizerFile.IsOptimizer(_folder.Write("huge.onnx", new byte[OptimizerFile.MaxBytes + 1])).ShouldBeFalse();
        Should.Throw<InputException>(() => OptimizerFile.IsOptimizer(_folder.File("none.onnx"))).Message.ShouldContain("does not exist");
        Should.Throw<InputException>(() => OptimizerFile.IsOptimizer(_folder.Write("text.onnx", "hello"u8))).Message.ShouldContain("is not an ONNX model");
    }

    [Fact]
    public void Other_files_are_told_apart()
    {
        Refused(_folder.File("none.onnx")).ShouldContain("does not exist");
        Refused(_folder.Write("empty.onnx", [])).ShouldContain("is empty");
        Refused(_folder.Write("text.onnx", "hello"u8)).ShouldContain("is not an ONNX model");
        Refused(new TinyClassifier().Save(_folder.File("classifier.onnx"))).ShouldContain("such as a classifier, not a learned optimizer");
        Refused(_folder.Write("huge.onnx", new byte[OptimizerFile.MaxBytes + 1])).ShouldContain("at most 4194304");
    }

    [Fact]
    public void A_cut_file_is_refused_wherever_it_is_cut()
    {
        byte[] bytes = OptimizerFile.ToBytes(Models.Draw(hidden: 2));
        // 13 shares no factor with the fields' usual lengths, and the end is looked at closely.
        for (int length = 0; length < bytes.Length; length += length < bytes.Length - 300 ? 13 : 1)
        {
            Refused(_folder.Write("cut.onnx", bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Files_with_wrong_bytes_are_refused_or_hold_other_weights_but_never_break_the_reader()
    {
        byte[] bytes = OptimizerFile.ToBytes(Models.Draw(hidden: 2));
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] broken = [.. bytes];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            try
            {
                OptimizerFile.Read(_folder.Write("broken.onnx", broken));
            }
            catch (InputException e)
            {
                e.Message.Length.ShouldBeLessThan(600);
                refused++;
            }
        }

        refused.ShouldBeInRange(100, 499);
    }

    public void Dispose() => _folder.Dispose();

    private static string Refused(string path) => Should.Throw<InputException>(() => OptimizerFile.Read(path)).Message;

    private static void Break(Model file, string what)
    {
        Graph graph = file.Graph!;
        switch (what)
        {
            case "no kind":
                Remove("kind");
                break;
            case "a newer version":
                Set("formatVersion", "2");
                break;
            case "no version":
                Remove("formatVersion");
                break;
            case "a version in words":
                Set("formatVersion", "one");
                break;
            case "no hidden":
                Remove("hidden");
                break;
            case "hidden of a billion":
                Set("hidden", "1000000000");
                break;
            case "hidden of 11":
                Set("hidden", "11");
                break;
            case "other networks":
                Set("networks", "generator\ndiscriminator");
                break;
            case "other biases":
                Set("bias", "maybe");
                break;
            case "no biases":
                Set("bias", "no");
                break;
            case "networks of the paper's":
                Set("networks", "update");
                break;
            case "no skip weights":
                graph.Initializer.Remove(Weights("update.D"));
                break;
            case "transposed skip weights":
                Weights("update.D").Dims = [1, 3, 16];
                break;
            case "no directions":
                Remove("directions");
                break;
            case "no queries":
                Set("directions", "0");
                break;
            case "negative smoothing":
                Set("smoothing", "-1");
                break;
            case "a seed in words":
                Set("seed", "seven");
                break;
            case "a loss in words":
                Set("validationLoss", "low");
                break;
            case "a story":
                Set("trainedOn", new string('x', 1001));
                break;
            case "metadata twice":
                file.MetadataProps.Add(new Entry { Key = "seed", Value = "2" });
                break;
            case "an unknown input":
                graph.Input.Add(new ValueInfo { Name = "perturbation", Type = graph.Input[0].Type });
                break;
            case "no weights":
                graph.Initializer.Remove(Weights("query.R"));
                break;
            case "transposed weights":
                Weights("query.R").Dims = [1, 10, 40];
                break;
            case "short weights":
                Weights("query.R").RawData = Weights("query.R").RawData[4..];
                break;
            case "integer weights":
                Weights("query.R").DataType = DataType.Int64;
                break;
            case "NaN weights":
                Weights("update.W").RawData = Enumerable.Repeat((byte)0xFF, 160).ToArray();
                break;
            case "another operator":
                graph.Node.First(n => n.OpType is "Abs" or "Transpose").OpType = "Exp";
                break;
            case "another opset":
                file.OpsetImport[0].Version = 16;
                break;
            case "another format version":
                file.IrVersion = 9;
                break;
            case "another state width":
                graph.Input[1].Type!.TensorType!.Shape!.Dim[2].DimValue = 41;
                break;
            case "an operator more":
                graph.Node.Add(new Node { OpType = "Identity", Input = ["x"], Output = ["unused"] });
                break;
            case "weights outside":
                // External data, which this reader's schema does not even name: field 14 set to 1.
                Tensor weights = Weights("query.R");
                graph.Initializer[graph.Initializer.IndexOf(weights)] = Fields.Read<Tensor>((byte[])[.. Fields.Write(weights), 0x70, 0x01]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }

        Tensor Weights(string name) => graph.Initializer.Single(t => t.Name == name);

        void Remove(string key) => file.MetadataProps.Remove(file.MetadataProps.Single(e => e.Key == key));

        void Set(string key, string value) => file.MetadataProps.Single(e => e.Key == key).Value = value;
    }

    // Null where this Python has no onnx package.
    private (int Code, string Text)? Check(string python)
    {
        const string Script = """
            import sys
            try:
                import onnx
                import onnx.checker
            except ImportError:
                sys.exit(77)
            onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
            """;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(python, ["-I", "-c", Script, _folder.File("o.onnx")]) { RedirectStandardError = true })!;
            string text = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 77 ? null : (process.ExitCode, text);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
