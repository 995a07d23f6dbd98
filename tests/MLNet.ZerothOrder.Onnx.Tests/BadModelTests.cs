using MLNet.ZerothOrder.Data;
using Shouldly;
using Xunit.Abstractions;

namespace MLNet.ZerothOrder.Tests;

public sealed class BadModelTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Case, what its sentence must say.</summary>
    public static TheoryData<string, string> Cases => new()
    {
        { "missing", "does not exist" },
        { "missing folder", "does not exist" },
        { "a folder", "is a folder" },
        { "empty", "is empty" },
        { "cut in half", "damaged or cut off" },
        { "without its last byte", "damaged or cut off" },
        { "text", "is not an ONNX model" },
        { "zeros", "is not an ONNX model" },
        { "random bytes", "is not an ONNX model" },
        { "LFS pointer", "git lfs pull" },
        { "zip", "zip archive" },
        { "ORT format", "own format" },
        { "future opset", "uses ONNX opset 99" },
        { "future format", "version 99 of the ONNX format" },
        { "unknown operator", "cannot load model" },
        { "two inputs", "has 2 inputs (x, z)" },
        { "bool input", "as bool; export it" },
        { "int64 input", "as int64; export it" },
        { "one axis", "which is not an image" },
        { "five axes", "which is not an image" },
        { "an empty axis", "which is empty" },
        { "ten values", "not a square image" },
        { "giant axes", "not the size of an image" },
        { "no float output", "has no float output but 'y' (int64)" },
        { "two scores", "2 outputs that could be the scores (a, b)" },
        { "a map as output", "of shape [2, 3, 4, 4]" },
        { "weights outside", "outside its own folder" },
        { "weights at an absolute path", "outside its own folder" },
        { "weights missing", "which is missing; copy that file" },
        { "a learned optimizer", "is a learned optimizer, not a classifier" },
        { "fails on any image", "fails on 2 images of 1×4×4" },
    };

    public void Dispose() => _folder.Dispose();

    /// <summary>Where in a model, besides its constants, weights may be named that lie in another file.</summary>
    public static TheoryData<string> Hiding => ["a function's operator", "a function's default", "training", "a sparse constant", "a sparse attribute"];

    [Theory]
    [MemberData(nameof(Hiding))]
    public void Weights_outside_the_folder_are_found_wherever_they_are_named(string place)
    {
        ProtoWriter weights = new ProtoWriter().Int64(2, OnnxWriter.Float32).Text(8, "w")
            .Message(13, new ProtoWriter().Text(1, "location").Text(2, "../../w.bin")).Int64(14, 1);
        ProtoWriter model = place switch
        {
            "a function's operator" => In(25, In(7, In(5, In(5, weights)))),
            "a function's default" => In(25, In(11, In(5, weights))),
            "training" => In(20, In(1, In(5, weights))),
            "a sparse constant" => In(7, In(15, In(1, weights))),
            _ => In(7, In(1, In(5, In(22, In(1, weights))))),
        };
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        File.WriteAllBytes(path, [.. File.ReadAllBytes(path), .. model.ToArray()]);

        var error = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path));

        error.Message.ShouldContain("'../../w.bin', outside its own folder", Case.Sensitive);

        static ProtoWriter In(int field, ProtoWriter message) => new ProtoWriter().Message(field, message);
    }

    [SkippableFact]
    public void Weights_behind_a_link_are_outside_the_folder()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        string outside = _folder.File("w.bin");
        File.WriteAllBytes(outside, new byte[192]);
        string inside = Directory.CreateDirectory(_folder.File("model")).FullName;
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4).External("w", [16, 3], "w.bin").Node("Flatten", ["x"], ["f"])
            .Node("MatMul", ["f", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3).Save(Path.Combine(inside, "m.onnx"));
        File.CreateSymbolicLink(Path.Combine(inside, "w.bin"), outside);
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path)).Message.ShouldContain("outside its own folder", Case.Sensitive);

        File.Delete(Path.Combine(inside, "w.bin"));
        File.Copy(outside, Path.Combine(inside, "w.bin"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        oracle.ScoreLength.ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_bad_model_gets_one_clear_sentence(string model, string says)
    {
        var error = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(Make(model)));
        output.WriteLine(error.Message);
        error.Message.ShouldContain(says, Case.Sensitive);
        OneSentence(error.Message);
    }

    [Fact]
    public void A_model_cut_anywhere_is_refused_by_one_sentence()
    {
        byte[] whole = new TinyClassifier().Writer().ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            var error = Should.Throw<InputException>(() => OnnxFile.Read(_folder.Write("cut.onnx", whole.AsSpan(0, length))));
            OneSentence(error.Message);
        }

        OnnxFile.Read(_folder.Write("whole.onnx", whole)).Opset.ShouldBe(17);
    }

    [Fact]
    public void No_flipped_byte_escapes_as_another_exception()
    {
        byte[] whole = new TinyClassifier { Image = new(1, 1, 2), Classes = 2 }.Writer().ToArray();
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte flip in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] damaged = [.. whole];
                damaged[i] ^= flip;
                try
                {
                    OnnxClassifierOracle.Load(_folder.Write("damaged.onnx", damaged)).Dispose();
                }
                catch (InputException e)
                {
                    output.WriteLine(e.Message);
                    OneSentence(e.Message);
                }
            }
        }
    }

    [Fact]
    public void Deeply_nested_graphs_are_refused_before_they_exhaust_the_stack()
    {
        var graph = new ProtoWriter();
        for (int depth = 0; depth < 2000; depth++)
        {
            graph = new ProtoWriter().Message(1, new ProtoWriter().Text(4, "If").Message(5, new ProtoWriter().Message(6, graph)));
        }

        byte[] model = new ProtoWriter().Int64(1, 8).Message(7, graph).Message(8, new ProtoWriter().Int64(2, 17)).ToArray();
        Should.Throw<InputException>(() => OnnxFile.Read(_folder.Write("deep.onnx", model)));
    }

    [Fact]
    public void Images_that_do_not_fit_the_model_are_refused()
    {
        var model = new TinyClassifier { Image = new(3, 4, 4) };
        string path = model.Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path);
        oracle.EnsureMatches(OnnxClassifierOracleTests.Images(model, 4));

        Refused(new ImageSet("grey", new ImageShape(1, 4, 4), new float[16], [0]), "are 1×4×4, but");
        Refused(new ImageSet("large", new ImageShape(3, 8, 4), new float[96], [0]), "takes 3×4×4");
        Refused(new ImageSet("labels", model.Image, new float[96], [4, 5]), "Label 5 of image '1' is outside 0..4 for a model with 5 classes");
        Refused(new ImageSet("labels", model.Image, new float[96], [0, -1]), "Label -1");
        Refused(new ImageSet("bytes", model.Image, [.. Enumerable.Repeat(255f, 48)], [0], ["a.png"]), "'a.png' has a pixel of 255, outside 0..1");
        Refused(new ImageSet("broken", model.Image, [.. Enumerable.Repeat(float.NaN, 48)], [0]), "NaN");

        var error = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, new ImageSet("tall", new ImageShape(1, 5, 4), new float[20], [0])));
        error.Message.ShouldContain("images of 1×5×4 do not fit", Case.Sensitive);

        void Refused(ImageSet images, string says)
        {
            var refused = Should.Throw<InputException>(() => oracle.EnsureMatches(images));
            output.WriteLine(refused.Message);
            refused.Message.ShouldContain(says, Case.Sensitive);
            OneSentence(refused.Message);
        }
    }

    [Fact]
    public void Options_that_do_not_fit_the_model_are_refused()
    {
        string nchw = new TinyClassifier { Image = new(3, 4, 4) }.Save(_folder.File("nchw.onnx"));
        string flat = new TinyClassifier { Layout = ImageLayout.Flat }.Save(_folder.File("flat.onnx"));
        Refused(nchw, new OnnxOracleOptions { Layout = ImageLayout.Flat }, "layout flat does not fit");
        Refused(flat, new OnnxOracleOptions { Layout = ImageLayout.Nchw }, "layout NCHW does not fit");
        Refused(nchw, new OnnxOracleOptions { Image = new(3, 5, 5) }, "images of 3×5×5 do not fit");
        Refused(flat, new OnnxOracleOptions { Image = new(1, 5, 5) }, "1×5×5 = 25 values do not fit");
        Refused(flat, new OnnxOracleOptions { Image = new(-1, -4, 4) }, "not the size of an image");
        Refused(flat, new OnnxOracleOptions { Encoding = PixelEncoding.ImageNet }, "has 3 channels");
        Refused(nchw, new OnnxOracleOptions { Output = "nowhere" }, "has no float output 'nowhere'; it has 'logits' (float)");

        void Refused(string path, OnnxOracleOptions options, string says)
        {
            var refused = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, options));
            output.WriteLine(refused.Message);
            refused.Message.ShouldContain(says, Case.Sensitive);
            OneSentence(refused.Message);
        }
    }

    private static void OneSentence(string message)
    {
        message.ShouldEndWith(".", Case.Sensitive);
        message.ShouldNotContain('\n');
        message.ShouldNotContain("onnxruntime_src", Case.Sensitive);
        message.ShouldNotContain("ErrorCode", Case.Sensitive);
    }

    private string Make(string model)
    {
        byte[] good = new TinyClassifier().Writer().ToArray();
        string path = _folder.File("m.onnx");
        switch (model)
        {
            case "missing":
                return path;
            case "missing folder":
                return Path.Combine(_folder.File("nowhere"), "m.onnx");
            case "a folder":
                return Path.GetDirectoryName(path)!;
            case "empty":
                return _folder.Write("m.onnx", []);
            case "cut in half":
                return _folder.Write("m.onnx", good.AsSpan(0, good.Length / 2));
            case "without its last byte":
                return _folder.Write("m.onnx", good.AsSpan(0, good.Length - 1));
            case "text":
                return _folder.Write("m.onnx", "<!DOCTYPE html><html>404</html>"u8);
            case "zeros":
                return _folder.Write("m.onnx", new byte[500]);
            case "random bytes":
                byte[] random = new byte[500];
                new Random(3).NextBytes(random);
                return _folder.Write("m.onnx", random);
            case "LFS pointer":
                return _folder.Write("m.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"u8);
            case "zip":
                return _folder.Write("m.onnx", "PK\u0003\u0004 archive/data.pkl"u8);
            case "ORT format":
                return _folder.Write("m.onnx", "\u0018\0\0\0ORTM\0\0\0\0\0\0\0\0"u8);
            case "future opset":
                var future = new TinyClassifier().Writer();
                future.Opset = 99;
                return future.Save(path);
            case "future format":
                var format = new TinyClassifier().Writer();
                format.IrVersion = 99;
                return format.Save(path);
            case "unknown operator":
                return Image(1, 4, 4).Node("Frobnicate", ["x"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3).Save(path);
            case "two inputs":
                return Image(1, 4, 4).Input("z", OnnxWriter.Float32, "N", 1, 4, 4).Node("Add", ["x", "z"], ["s"]).Node("Flatten", ["s"], ["y"])
                    .Output("y", OnnxWriter.Float32, "N", 16).Save(path);
            case "bool input":
                return Cast(OnnxWriter.Bool);
            case "int64 input":
                return Cast(OnnxWriter.Int64);
            case "one axis":
                return Flattened(new OnnxWriter().Input("x", OnnxWriter.Float32, 16), OnnxWriter.Float32).Save(path);
            case "five axes":
                return Flattened(Image(1, 4, 4, 4), OnnxWriter.Float32).Save(path);
            case "an empty axis":
                return Flattened(Image(1, 0, 4), OnnxWriter.Float32).Save(path);
            case "ten values":
                return Flattened(Image(10), OnnxWriter.Float32).Save(path);
            case "giant axes":
                return Flattened(Image(3, 100_000, 100_000), OnnxWriter.Float32).Save(path);
            case "no float output":
                return Image(1, 4, 4).Node("Flatten", ["x"], ["f"]).Node("ArgMax", ["f"], ["y"], ("axis", 1L)).Output("y", OnnxWriter.Int64, "N", 1).Save(path);
            case "two scores":
                return Image(1, 4, 4).Node("Flatten", ["x"], ["a"]).Node("Neg", ["a"], ["b"])
                    .Output("a", OnnxWriter.Float32, "N", 16).Output("b", OnnxWriter.Float32, "N", 16).Save(path);
            case "a map as output":
                return Image(3, 4, 4).Node("Neg", ["x"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3, 4, 4).Save(path);
            case "weights outside":
                return Weights("../w.bin").Save(path);
            case "weights at an absolute path":
                return Weights(Path.Combine(Path.GetTempPath(), "w.bin")).Save(path);
            case "weights missing":
                return Weights("w.bin").Save(path);
            case "a learned optimizer":
                OptimizerFile.Write(path, Learned.Models.Draw());
                return path;
            case "fails on any image":
                return Image(1, 4, 4).Integers("shape", -1, 7).Node("Reshape", ["x", "shape"], ["y"]).Output("y", OnnxWriter.Float32, "N", 7).Save(path);
            default:
                throw new ArgumentException(model);
        }

        string Cast(int type) => new OnnxWriter().Input("x", type, "N", 1, 4, 4).Node("Flatten", ["x"], ["f"]).Node("Cast", ["f"], ["y"], ("to", (long)OnnxWriter.Float32))
            .Output("y", OnnxWriter.Float32, "N", 16).Save(path);
        static OnnxWriter Image(params object[] dims) => new OnnxWriter().Input("x", OnnxWriter.Float32, ["N", .. dims]);
        static OnnxWriter Flattened(OnnxWriter writer, int type) =>
            writer.Integers("flat", 0, -1).Node("Reshape", ["x", "flat"], ["y"]).Output("y", type, "N", "K");
        static OnnxWriter Weights(string location) => Image(1, 4, 4).External("w", [16, 3], location).Node("Flatten", ["x"], ["f"])
            .Node("MatMul", ["f", "w"], ["y"]).Output("y", OnnxWriter.Float32, "N", 3);
    }
}
