using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// Builds an image classifier as an ONNX file, layer by layer, from the input <c>image [N,C,H,W]</c>, pixels in 0..1, to the
/// output <c>logits [N,K]</c>. The caller must ensure that the shapes of the layers match. Weights have the layout of PyTorch and ONNX.
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
    /// <param name="bias">One number per output channel; empty for none.</param>
    /// <param name="stride">The stride down and across. Padding and dilation have the same form.</param>
    /// <param name="padding">The rows and columns of zeros on each side.</param>
    /// <param name="dilation">The distance between the elements of the kernel.</param>
    /// <param name="groups">The number of independent groups of channels.</param>
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
    /// <param name="padding">The rows and columns on each side; they never contribute to the maximum.</param>
    /// <param name="dilation">The distance between the elements of the window.</param>
    /// <param name="roundsUp">Whether an incomplete last window counts.</param>
    public void MaxPool((int Down, int Across) kernel, (int Down, int Across) stride, (int Down, int Across) padding, (int Down, int Across) dilation, bool roundsUp) =>
        Node(
            "MaxPool", [], GraphBuilder.Ints("kernel_shape", kernel.Down, kernel.Across), GraphBuilder.Ints("strides", stride.Down, stride.Across), Pads(padding),
            GraphBuilder.Ints("dilations", dilation.Down, dilation.Across), GraphBuilder.Int("ceil_mode", roundsUp ? 1 : 0));

    /// <summary>Flattens an image to one row of values.</summary>
    public void Flatten() => Node("Flatten", [], GraphBuilder.Int("axis", 1));

    /// <summary>Wx + b.</summary>
    /// <param name="weights">Out × in.</param>
    /// <param name="shape">These two numbers.</param>
    /// <param name="bias">One number per output; empty for none.</param>
    public void Linear(ReadOnlySpan<float> weights, int[] shape, ReadOnlySpan<float> bias) => Weighted("Gemm", weights, shape, bias, GraphBuilder.Int("transB", 1));

    /// <summary>Writes the file atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">K, the outputs of the last layer.</param>
    /// <param name="metadata">Metadata of the model, such as its <c>title</c>; null for none.</param>
    /// <exception cref="InvalidOperationException">There is no layer.</exception>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public void Write(string path, int classes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (_layers == 0)
        {
            throw new InvalidOperationException("A classifier needs at least 1 layer; add one first.");
        }

        Graph graph = Fields.Copy(_graph.Graph);
        graph.Node[^1].Name = graph.Node[^1].Output[0] = Logits;
        graph.Output.Add(GraphBuilder.Value(Logits, "N", classes));
        Model file = GraphBuilder.Model(graph);
        file.MetadataProps.Add(new Entry { Key = "image.range", Value = "0..1" });
        foreach ((string key, string value) in (metadata ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            file.MetadataProps.Add(new Entry { Key = key, Value = value });
        }

        AtomicFile.Write(path, stream => stream.Write(Fields.Write(file)));
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
