using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Small classifiers of the kinds whose scores of a row can depend on the rows beside it, on its place among them, or on its address.</summary>
internal static class CompanyModels
{
    public const int Classes = 4;

    /// <summary>The one model that gives other scores from call to call, whatever one does.</summary>
    public const string Changing = "batch normalisation in training mode";

    public static readonly ImageShape Image = new(1, 12, 12);

    /// <summary>An image whose rows of floats do not begin at multiples of 64 bytes.</summary>
    public static readonly ImageShape OddImage = new(1, 9, 11);

    private const int Hidden = 24;

    /// <summary>The models by what they do.</summary>
    public static IReadOnlyDictionary<string, Func<OnnxWriter>> All { get; } = new Dictionary<string, Func<OnnxWriter>>
    {
        ["plain layers"] = () => Layers(Begin(Image), "x", Image),
        ["mean over the image"] = () => Layers(Centred("ReduceMean", Image), "centred", Image),
        ["mean over an image of odd length"] = () => Layers(Centred("ReduceMean", OddImage), "centred", OddImage),
        ["norm of the image"] = () => Layers(Begin(Image).Node("ReduceL2", ["x"], ["n"], ("axes", new long[] { 1, 2, 3 })).Node("Div", ["x", "n"], ["scaled"]), "scaled", Image),
        ["instance normalisation"] = () => Layers(
            Begin(Image).Constant("one", [1], 1).Constant("zero", [1], 0).Node("InstanceNormalization", ["x", "one", "zero"], ["normal"]), "normal", Image),
        ["layer normalisation"] = () => Layers(
            Begin(Image).Constant("ones", [12], [.. Enumerable.Repeat(1f, 12)]).Constant("zeros", [12], new float[12]).Node("LayerNormalization", ["x", "ones", "zeros"], ["normal"]), "normal", Image),
        ["attention"] = Attention,
        ["weights among the inputs"] = () => Layers(Begin(Image), "x", Image).Input("w1", OnnxWriter.Float32, Hidden, Image.Length).Input("b1", OnnxWriter.Float32, Hidden)
            .Input("w2", OnnxWriter.Float32, Classes, Hidden).Input("b2", OnnxWriter.Float32, Classes),
        ["float16"] = Halves,
        ["quantised"] = () => Quantised(isDynamic: false),
        ["dynamically quantised"] = () => Quantised(isDynamic: true),
        [Changing] = () => Layers(
            Begin(Image).Constant("one", [1], 1).Constant("zero", [1], 0).Node("BatchNormalization", ["x", "one", "zero", "zero", "one"], ["normal", "mean", "variance"], ("training_mode", 1L)), "normal", Image),
        ["probabilities"] = () => Layers(Begin(Image), "x", Image, "z").Node("Softmax", ["z"], ["p"], ("axis", 1L)).Output("p", OnnxWriter.Float32, "N", Classes),
    };

    /// <summary>An image with noise down to the last bit, as an attack's images have, so that sums in another order differ.</summary>
    public static float[] Pixels(ImageShape shape, int which) =>
        [.. Enumerable.Range(0, shape.Length).Select(i => (float)(0.5 + (0.3 * Math.Sin((which + 1) * 0.7 * i)) + (0.19 * Noise((1000 * which) + i))))];

    private static OnnxWriter Begin(ImageShape image) => new OnnxWriter().Input("x", OnnxWriter.Float32, "N", image.Channels, image.Height, image.Width);

    private static OnnxWriter Centred(string mean, ImageShape image) =>
        Begin(image).Node(mean, ["x"], ["m"], ("axes", new long[] { 1, 2, 3 })).Node("Sub", ["x", "m"], ["centred"]);

    private static OnnxWriter Layers(OnnxWriter writer, string from, ImageShape image, string? inner = null)
    {
        writer.Node("Flatten", [from], ["row"]).Constant("w1", [Hidden, image.Length], Weights(1, Hidden * image.Length, 12 / Math.Sqrt(image.Length))).Constant("b1", [Hidden], Weights(2, Hidden, 1))
            .Constant("w2", [Classes, Hidden], Weights(3, Classes * Hidden, 1)).Constant("b2", [Classes], Weights(4, Classes, 0.1))
            .Node("Gemm", ["row", "w1", "b1"], ["h"], ("transB", 1L)).Node("Relu", ["h"], ["a"]).Node("Gemm", ["a", "w2", "b2"], [inner ?? "y"], ("transB", 1L));
        return inner is null ? writer.Output("y", OnnxWriter.Float32, "N", Classes) : writer;
    }

    // Nine tokens of 4 × 4 pixels, mixed by their likeness, then their mean.
    private static OnnxWriter Attention() => Begin(Image).Integers("patches", -1, 9, 16).Node("Reshape", ["x", "patches"], ["tokens"])
        .Constant("we", [16, 20], Weights(5, 320, 1)).Node("MatMul", ["tokens", "we"], ["e"]).Node("Relu", ["e"], ["v"])
        .Constant("wa", [20, 20], Weights(6, 400, 0.2)).Node("MatMul", ["v", "wa"], ["q"]).Node("Transpose", ["v"], ["vt"], ("perm", new long[] { 0, 2, 1 }))
        .Node("MatMul", ["q", "vt"], ["like"]).Node("Softmax", ["like"], ["share"], ("axis", -1L)).Node("MatMul", ["share", "v"], ["mixed"]).Node("Add", ["mixed", "v"], ["sum"])
        .Node("ReduceMean", ["sum"], ["pooled"], ("axes", new long[] { 1 }), ("keepdims", 0L))
        .Constant("wo", [20, Classes], Weights(7, 20 * Classes, 1)).Node("MatMul", ["pooled", "wo"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes);

    private static OnnxWriter Halves() => Begin(Image).Node("Cast", ["x"], ["hx"], ("to", (long)OnnxWriter.Float16)).Node("Flatten", ["hx"], ["row"])
        .Halves("w1", [Hidden, Image.Length], Weights(1, Hidden * Image.Length, 1)).Halves("b1", [Hidden], Weights(2, Hidden, 1))
        .Halves("w2", [Classes, Hidden], Weights(3, Classes * Hidden, 1)).Halves("b2", [Classes], Weights(4, Classes, 0.1))
        .Node("Gemm", ["row", "w1", "b1"], ["h"], ("transB", 1L)).Node("Relu", ["h"], ["a"]).Node("Gemm", ["a", "w2", "b2"], ["hy"], ("transB", 1L))
        .Node("Cast", ["hy"], ["y"], ("to", (long)OnnxWriter.Float32)).Output("y", OnnxWriter.Float32, "N", Classes);

    private static OnnxWriter Quantised(bool isDynamic)
    {
        OnnxWriter writer = Begin(Image).Node("Flatten", ["x"], ["a0"]);
        (int In, int Out)[] layers = [(Image.Length, Hidden), (Hidden, Classes)];
        for (int i = 0; i < layers.Length; i++)
        {
            (int inputs, int outputs) = layers[i];
            float[] weights = Weights(1 + (2 * i), inputs * outputs, 1);
            writer.Raw($"w{i}", OnnxWriter.Int8, [inputs, outputs], Array.ConvertAll(weights, w => (sbyte)Math.Round(127 * w))).Constant($"ws{i}", [], 1 / 127f)
                .Raw($"wz{i}", OnnxWriter.Int8, [], (sbyte)0).Constant($"b{i}", [outputs], Weights(2 + (2 * i), outputs, 1));
            if (isDynamic)
            {
                writer.Node("DynamicQuantizeLinear", [$"a{i}"], [$"q{i}", $"s{i}", $"z{i}"]).Node("MatMulInteger", [$"q{i}", $"w{i}", $"z{i}", $"wz{i}"], [$"i{i}"])
                    .Node("Cast", [$"i{i}"], [$"c{i}"], ("to", (long)OnnxWriter.Float32)).Node("Mul", [$"s{i}", $"ws{i}"], [$"ss{i}"]).Node("Mul", [$"c{i}", $"ss{i}"], [$"m{i}"]);
            }
            else
            {
                writer.Constant($"s{i}", [], i == 0 ? 1 / 255f : 0.05f).Raw($"z{i}", OnnxWriter.UInt8, [], (byte)(i == 0 ? 0 : 128)).Node("QuantizeLinear", [$"a{i}", $"s{i}", $"z{i}"], [$"q{i}"])
                    .Node("DequantizeLinear", [$"q{i}", $"s{i}", $"z{i}"], [$"d{i}"]).Node("DequantizeLinear", [$"w{i}", $"ws{i}", $"wz{i}"], [$"dw{i}"]).Node("MatMul", [$"d{i}", $"dw{i}"], [$"m{i}"]);
            }

            writer.Node("Add", [$"m{i}", $"b{i}"], [i == 1 ? "y" : "h"]);
            if (i == 0)
            {
                writer.Node("Relu", ["h"], ["a1"]);
            }
        }

        return writer.Output("y", OnnxWriter.Float32, "N", Classes);
    }

    private static float[] Weights(int name, int count, double size) => [.. Enumerable.Range(0, count).Select(i => (float)(size * Noise((100_000 * name) + i)))];

    // In −1..1.
    private static double Noise(int name) => (RandomKey.FromSeed(7).Derive((ulong)name).Value / (double)ulong.MaxValue * 2) - 1;
}
