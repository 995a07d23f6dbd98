using Google.Protobuf;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A classifier of images as an ONNX file, put together layer after layer: from input <c>image [N,C,H,W]</c>, pixels in 0..1, to
/// output <c>logits [N,K]</c>. The layers' shapes are the caller's business; weights are laid out as PyTorch and ONNX have them.
/// </summary>
public sealed class ClassifierGraph
{
    private const string Image = "image";
    private const string Logits = "logits";

    private readonly GraphBuilder _graph = new("classifier");
    private int _layers;

    /// <param name="image">The size of an image.</param>
    public ClassifierGraph(ImageShape image) => _graph.Input(Image, "N", image.Channels, image.Height, image.Width);

    /// <summary>A two-dimensional convolution.</summary>
    /// <param name="weights">Out × in/groups × kernel height × kernel width.</param>
    /// <param name="shape">These four numbers.</param>
    /// <param name="bias">One number per output channel; empty without.</param>
    /// <param name="stride">Down and across, as are the padding with zeros on both sides and the dilation.</param>
    /// <param name="padding">Rows and columns of zeros on each side.</param>
    /// <param name="dilation">Distance of the kernel's elements.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    public void Convolution(
        ReadOnlySpan<float> weights, int[] shape, ReadOnlySpan<float> bias, (int Down, int Across) stride, (int Down, int Across) padding, (int Down, int Across) dilation, int groups) =>
        Weighted(
            "Conv", weights, shape, bias, GraphBuilder.Ints("kernel_shape", shape[2], shape[3]), GraphBuilder.Ints("strides", stride.Down, stride.Across), Pads(padding),
            GraphBuilder.Ints("dilations", dilation.Down, dilation.Across), GraphBuilder.Int("group", groups));

    /// <summary>max(x, 0).</summary>
    public void Relu() => Node("Relu", []);

    /// <summary>The largest value in each window.</summary>
    /// <param name="kernel">The window's height and width.</param>
    /// <param name="stride">Down and across.</param>
    /// <param name="padding">Rows and columns on each side that never win.</param>
    /// <param name="dilation">Distance of the window's elements.</param>
    /// <param name="roundsUp">Whether a last, incomplete window counts.</param>
    public void MaxPool((int Down, int Across) kernel, (int Down, int Across) stride, (int Down, int Across) padding, (int Down, int Across) dilation, bool roundsUp) =>
        Node(
            "MaxPool", [], GraphBuilder.Ints("kernel_shape", kernel.Down, kernel.Across), GraphBuilder.Ints("strides", stride.Down, stride.Across), Pads(padding),
            GraphBuilder.Ints("dilations", dilation.Down, dilation.Across), GraphBuilder.Int("ceil_mode", roundsUp ? 1 : 0));

    /// <summary>All of an image's values in one row.</summary>
    public void Flatten() => Node("Flatten", [], GraphBuilder.Int("axis", 1));

    /// <summary>Wx + b.</summary>
    /// <param name="weights">Out × in.</param>
    /// <param name="shape">These two numbers.</param>
    /// <param name="bias">One number per output; empty without.</param>
    public void Linear(ReadOnlySpan<float> weights, int[] shape, ReadOnlySpan<float> bias) => Weighted("Gemm", weights, shape, bias, GraphBuilder.Int("transB", 1));

    /// <summary>Writes the file, or replaces it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">K: outputs of the last layer.</param>
    /// <param name="metadata">What the file says about the model, such as its <c>title</c>; null for nothing.</param>
    /// <exception cref="InvalidOperationException">There is no layer.</exception>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public void Write(string path, int classes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (_layers == 0)
        {
            throw new InvalidOperationException("A classifier has at least 1 layer.");
        }

        Graph graph = _graph.Graph.Clone();
        graph.Node[^1].Name = graph.Node[^1].Output[0] = Logits;
        graph.Output.Add(GraphBuilder.Value(Logits, "N", classes));
        Model file = GraphBuilder.Model(graph);
        file.MetadataProps.Add(new Entry { Key = "image.range", Value = "0..1" });
        foreach ((string key, string value) in (metadata ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            file.MetadataProps.Add(new Entry { Key = key, Value = value });
        }

        AtomicFile.Write(path, file.WriteTo);
    }

    private static OnnxSchema.Attribute Pads((int Down, int Across) padding) => GraphBuilder.Ints("pads", padding.Down, padding.Across, padding.Down, padding.Across);

    private void Weighted(string type, ReadOnlySpan<float> weights, int[] shape, ReadOnlySpan<float> bias, params OnnxSchema.Attribute[] attributes)
    {
        string layer = $"layer{_layers + 1}";
        _graph.Floats($"{layer}.weight", shape, weights);
        if (!bias.IsEmpty)
        {
            _graph.Floats($"{layer}.bias", [bias.Length], bias);
        }

        Node(type, bias.IsEmpty ? [$"{layer}.weight"] : [$"{layer}.weight", $"{layer}.bias"], attributes);
    }

    private void Node(string type, string[] weights, params OnnxSchema.Attribute[] attributes)
    {
        string input = _layers == 0 ? Image : $"layer{_layers}";
        _layers++;
        _graph.Node(type, [input, .. weights], [$"layer{_layers}"], attributes);
    }
}
