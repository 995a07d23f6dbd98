using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>
/// A linear classifier in every variant of input and output, with the same scores computed here in float64:
/// scores = W · e(x) + b, e the encoding, rounded where the input is bytes, and softmax or its logarithm where asked for.
/// </summary>
internal sealed record TinyClassifier
{
    public ImageShape Image { get; init; } = new(1, 4, 4);

    public int Classes { get; init; } = 5;

    /// <summary>The declared batch axis: a number, or a string for an open one; null for none at all.</summary>
    public object? Rows { get; init; } = "N";

    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    /// <summary>Whether height and width are left open; where the model is not flat.</summary>
    public bool OpenSize { get; init; }

    /// <summary>Whether the one channel has no axis.</summary>
    public bool NoChannelAxis { get; init; }

    public int InputType { get; init; } = OnnxWriter.Float32;

    public int OutputType { get; init; } = OnnxWriter.Float32;

    public ScoreKind Scores { get; init; }

    /// <summary>Axes of length 1 after the scores.</summary>
    public int TrailingOnes { get; init; }

    /// <summary>Whether the output is [K], without the batch axis of 1.</summary>
    public bool DropRows { get; init; }

    public PixelEncoding Encoding { get; init; } = PixelEncoding.Unit;

    /// <summary>How large the weights are: W in ±Gain / √d.</summary>
    public double Gain { get; init; } = 4;

    public float Weight(int k, int i) => (float)(Gain / Math.Sqrt(Image.Length) * Uniform((ulong)((k * Image.Length) + i + 1)));

    public float Bias(int k) => (float)(0.5 * Uniform((ulong)(1_000_000 + k)));

    /// <summary>A row of pixels in [0, 1].</summary>
    public float[] Pixels(int row) =>
        [.. Enumerable.Range(0, Image.Length).Select(i => (float)((Uniform((ulong)(2_000_000 + (row * Image.Length) + i)) + 1) / 2))];

    public double[] Expected(ReadOnlySpan<float> pixels)
    {
        int plane = Image.Height * Image.Width;
        var scores = new double[Classes];
        for (int k = 0; k < Classes; k++)
        {
            scores[k] = Bias(k);
            for (int i = 0; i < pixels.Length; i++)
            {
                int c = i / plane;
                double pixel = pixels[Encoding.Order == ChannelOrder.Bgr && c < 3 ? ((2 - c) * plane) + (i % plane) : i];
                double value = ((pixel * Encoding.Scale) - Encoding.Mean[Encoding.Mean.Count == 1 ? 0 : c]) / Encoding.Std[Encoding.Std.Count == 1 ? 0 : c];
                if (InputType == OnnxWriter.UInt8)
                {
                    value = Math.Clamp(Math.Round(value), 0, 255);
                }

                scores[k] += Weight(k, i) * value;
            }
        }

        if (Scores != ScoreKind.Logits)
        {
            double sum = scores.Sum(Math.Exp);
            scores = Array.ConvertAll(scores, s => Scores == ScoreKind.Probabilities ? Math.Exp(s) / sum : s - Math.Log(sum));
        }

        return scores;
    }

    public string Save(string path) => Writer().Save(path);

    public OnnxWriter Writer()
    {
        var writer = new OnnxWriter().Input("image", InputType, InputDims());
        string current = "image";
        if (InputType is OnnxWriter.UInt8 or OnnxWriter.Double)
        {
            Then("Cast", ("to", (long)OnnxWriter.Float32));
        }

        if (Layout == ImageLayout.Nhwc)
        {
            Then("Transpose", ("perm", Rows is null ? new long[] { 2, 0, 1 } : new long[] { 0, 3, 1, 2 }));
        }

        bool halves = InputType == OnnxWriter.Float16;
        writer.Integers("flat", -1, Image.Length);
        writer.Node("Reshape", [current, "flat"], ["row"]);
        float[] weights = [.. Enumerable.Range(0, Classes).SelectMany(k => Enumerable.Range(0, Image.Length).Select(i => Weight(k, i)))];
        float[] biases = [.. Enumerable.Range(0, Classes).Select(Bias)];
        _ = halves ? writer.Halves("w", [Classes, Image.Length], weights).Halves("b", [Classes], biases)
            : writer.Constant("w", [Classes, Image.Length], weights).Constant("b", [Classes], biases);
        writer.Node("Gemm", ["row", "w", "b"], ["gemm"], ("transB", 1L));
        current = "gemm";
        if (Scores != ScoreKind.Logits)
        {
            Then(Scores == ScoreKind.Probabilities ? "Softmax" : "LogSoftmax", ("axis", 1L));
        }

        if ((halves ? OnnxWriter.Float16 : OnnxWriter.Float32) != OutputType)
        {
            Then("Cast", ("to", (long)OutputType));
        }

        if (TrailingOnes > 0 || DropRows)
        {
            writer.Integers("shape", [.. DropRows ? Array.Empty<long>() : [-1], Classes, .. Enumerable.Repeat(1L, TrailingOnes)]);
            writer.Node("Reshape", [current, "shape"], ["reshaped"]);
            current = "reshaped";
        }

        return writer.Node("Identity", [current], ["logits"])
            .Output("logits", OutputType, [.. DropRows ? Array.Empty<object>() : [Rows ?? 1], Classes, .. Enumerable.Repeat<object>(1L, TrailingOnes)]);

        void Then(string type, params (string, object)[] attributes)
        {
            writer.Node(type, [current], [current + type], attributes);
            current += type;
        }
    }

    // Uniform in −1..1.
    private static double Uniform(ulong name) => (RandomKey.FromSeed(5).Derive(name).Value / (double)ulong.MaxValue * 2) - 1;

    private object[] InputDims()
    {
        object height = OpenSize ? "H" : Image.Height, width = OpenSize ? "W" : Image.Width;
        object[] row = Layout switch
        {
            ImageLayout.Flat => [OpenSize ? "D" : Image.Length],
            ImageLayout.Nhwc => [height, width, Image.Channels],
            _ when NoChannelAxis => [height, width],
            _ => [Image.Channels, height, width],
        };
        return Rows is null ? row : [Rows, .. row];
    }
}
