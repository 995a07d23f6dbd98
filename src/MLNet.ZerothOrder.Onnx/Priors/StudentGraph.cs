using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// The ONNX graph of a trained <see cref="StudentNetwork"/>: from <c>image [N,C,H,W]</c> in [0, 1] and <c>weights [N,K]</c> to the <c>scores [N,K]</c> and their
/// weighted sum's gradient, <c>direction [N,C,H,W]</c>. The backward pass consists of ordinary nodes: transposed convolutions (also of averages), Gemm, and the derivative of x · sigmoid(x).
/// </summary>
internal static class StudentGraph
{
    public const string Image = "image";
    public const string Weights = "weights";
    public const string Scores = "scores";
    public const string Direction = "direction";

    public static Graph Of(StudentNetwork network, ReadOnlySpan<float> values)
    {
        var graph = new GraphBuilder("prior");
        var image = network.Image;
        graph.Input(Image, "N", image.Channels, image.Height, image.Width);
        graph.Input(Weights, "N", network.Classes);
        graph.Output(Scores, "N", network.Classes);
        graph.Output(Direction, "N", image.Channels, image.Height, image.Width);
        graph.Floats("half", [], 0.5f);
        graph.Node("Sub", [Image, "half"], ["h0"]);
        int count = network.Layers.Count, at = 0;
        string input = "h0";
        bool isFlat = false;
        for (int i = 1; i <= count; i++)
        {
            StudentLayer layer = network.Layers[i - 1];
            graph.Floats($"w{i}", layer.Shape, values.Slice(at, layer.Weights));
            graph.Floats($"b{i}", [layer.To.Channels], values.Slice(at + layer.Weights, layer.To.Channels));
            at += layer.Weights + layer.To.Channels;
            string output = i == count ? Scores : $"z{i}";
            if (!layer.IsLinear)
            {
                graph.Node("Conv", [input, $"w{i}", $"b{i}"], [output], Window(layer));
            }
            else
            {
                if (!isFlat)
                {
                    graph.Node("Flatten", [input], ["flat"], GraphBuilder.Int("axis", 1));
                }

                graph.Node("Gemm", [isFlat ? input : "flat", $"w{i}", $"b{i}"], [output], GraphBuilder.Int("transB", 1));
                isFlat = true;
            }

            if (i < count)
            {
                graph.Node("Sigmoid", [output], [$"s{i}"]);
                graph.Node("Mul", [output, $"s{i}"], [input = $"h{i}"]);
                if (layer.Square > 1)
                {
                    graph.Node("AveragePool", [$"h{i}"], [input = $"p{i}"], Squares(layer));
                }
            }
        }

        Backward(graph, network);
        return graph.Graph;
    }

    private static void Backward(GraphBuilder graph, StudentNetwork network)
    {
        string gradient = Weights;
        for (int i = network.Layers.Count; i >= 1; i--)
        {
            StudentLayer layer = network.Layers[i - 1];
            if (layer.Square > 1)
            {
                int channels = layer.To.Channels, area = layer.Square * layer.Square;
                graph.Floats($"square{i}", [channels, 1, layer.Square, layer.Square], [.. Enumerable.Repeat(1f / area, channels * area)]);
                (int down, int across) = layer.SquareRest;
                graph.Node("ConvTranspose", [gradient, $"square{i}"], [$"ga{i}"], [.. Squares(layer), GraphBuilder.Int("group", channels), GraphBuilder.Ints("output_padding", down, across)]);
                gradient = $"ga{i}";
            }

            if (i < network.Layers.Count)
            {
                // The derivative of h = z s, s = sigmoid(z), is s + h (1 − s).
                graph.Node("Mul", [$"h{i}", $"s{i}"], [$"hs{i}"]);
                graph.Node("Add", [$"s{i}", $"h{i}"], [$"sum{i}"]);
                graph.Node("Sub", [$"sum{i}", $"hs{i}"], [$"slope{i}"]);
                graph.Node("Mul", [gradient, $"slope{i}"], [$"gz{i}"]);
                gradient = $"gz{i}";
            }

            string input = i == 1 ? Direction : $"gh{i - 1}";
            if (!layer.IsLinear)
            {
                graph.Node("ConvTranspose", [gradient, $"w{i}"], [input], [.. Window(layer), GraphBuilder.Ints("output_padding", layer.Rest.Down, layer.Rest.Across)]);
            }
            else
            {
                bool flattens = layer.From is { Height: > 1 } or { Width: > 1 };
                graph.Node("Gemm", [gradient, $"w{i}"], [flattens ? "gflat" : input]);
                if (flattens)
                {
                    graph.Integers("unflat", -1, layer.From.Channels, layer.From.Height, layer.From.Width);
                    graph.Node("Reshape", ["gflat", "unflat"], [input]);
                }
            }

            gradient = input;
        }
    }

    private static OnnxSchema.Attribute[] Window(StudentLayer layer) =>
    [
        GraphBuilder.Ints("kernel_shape", layer.Kernel, layer.Kernel), GraphBuilder.Ints("strides", layer.Stride, layer.Stride),
        GraphBuilder.Ints("pads", layer.Padding, layer.Padding, layer.Padding, layer.Padding),
    ];

    private static OnnxSchema.Attribute[] Squares(StudentLayer layer) =>
        [GraphBuilder.Ints("kernel_shape", layer.Square, layer.Square), GraphBuilder.Ints("strides", layer.Square, layer.Square)];
}
