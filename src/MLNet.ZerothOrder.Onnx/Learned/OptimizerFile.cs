using System.Buffers.Binary;
using System.Security.Cryptography;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A learned optimizer as one <c>.onnx</c> file. ONNX Runtime can run it without changes, and the weights of the networks are restored from it
/// bit for bit.
/// </summary>
public static class OptimizerFile
{
    /// <summary>The largest accepted file. It has room for the largest networks.</summary>
    public const int MaxBytes = 1 << 22;

    /// <summary>Writes a file atomically.</summary>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public static void Write(string path, LearnedModel model)
    {
        byte[] bytes = ToBytes(model);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The content of the file: the same for the same model on every machine.</summary>
    public static byte[] ToBytes(LearnedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model file = GraphBuilder.Model(StepGraph.Of(model));
        OptimizerMetadata.Write(model, file.MetadataProps);
        return Fields.Write(file);
    }

    /// <summary>Whether an ONNX file declares itself as a learned optimizer, of any format version.</summary>
    /// <exception cref="InputException">The file is missing, cut off, or not an ONNX model.</exception>
    public static bool IsOptimizer(string path) => !IsTooLarge(path, out _) && OptimizerMetadata.NamesOptimizer(OnnxFile.Read(path).Metadata);

    /// <summary>Reads a file. It is untrusted: nothing in it is run or allocated before it is checked.</summary>
    /// <exception cref="InputException">The file is missing, cut off, not a learned optimizer, of another format version, or inconsistent.</exception>
    public static LearnedModel Read(string path) => Describe(path).Model;

    /// <summary>Reads a file and creates its optimizer, named after the file.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static IZerothOrderOptimizer Load(string path) => Read(path).CreateOptimizer(Path.GetFileNameWithoutExtension(path));

    /// <summary>Reads a file as <see cref="Read"/> does, with a description.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static OptimizerFileInfo Describe(string path)
    {
        // Large files are not even read, because classifiers can be huge.
        if (IsTooLarge(path, out long length))
        {
            throw new InputException(
                $"'{path}' has {length} bytes, but a learned optimizer has at most {MaxBytes}; give a trained optimizer file. A classifier must be given as the target.") { Argument = "Model" };
        }

        OnnxFile file = OnnxFile.Read(path);
        return Describe(file.Model, file.Sha256, path);
    }

    /// <summary>Reads the content of a file, such as that of <see cref="ToBytes"/>.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">The name of the file in messages.</param>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static OptimizerFileInfo Describe(byte[] bytes, string path)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Model file;
        try
        {
            file = Fields.Read<Model>(bytes);
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"Optimizer '{path}' is not an ONNX model of a learned optimizer; export it again.", e);
        }

        return Describe(file, Convert.ToHexStringLower(SHA256.HashData(bytes)), path);
    }

    private static OptimizerFileInfo Describe(Model file, string sha256, string path)
    {
        var metadata = new OptimizerMetadata(path, file.MetadataProps);
        Graph graph = file.Graph ?? new Graph();
        if (!metadata.IsLearnedOptimizer)
        {
            throw new InputException(
                graph.Name == StepGraph.Name && graph.Input.Any(input => input.Name is StepGraph.Gradient or StepGraph.Features)
                    ? $"Optimizer '{path}' lacks the metadata of a learned optimizer; export it again."
                    : $"'{path}' is a model from {Names(graph.Input.Select(i => i.Name))} to {Names(graph.Output.Select(o => o.Name))}, such as a classifier, not a learned optimizer; give it as the target, and give a trained optimizer file as the optimizer.") { Argument = "Model" };
        }

        metadata.ThrowIfOtherVersion();
        (int hidden, bool updateHasBias, bool? queryHasBias, LearnedKind kind) = metadata.Shape();
        ThrowIfOtherInputs(path, graph, StepGraph.Inputs(kind, queryHasBias is not null, metadata.HasSpatial));
        LearnedModel model = metadata.Describe(new LearnedModel(
            kind switch
            {
                LearnedKind.Proximal => Weights(path, graph, "update", LearnedProximalOptimizer.NetworkInputs, hidden, updateHasBias, LearnedProximalOptimizer.NetworkOutputs, hasSkip: true),
                LearnedKind.Gated => Weights(path, graph, "update", GatedInputs(graph), hidden, updateHasBias, GatedStep.NetworkOutputs),
                _ => Weights(path, graph, "update", 1, hidden, updateHasBias),
            },
            queryHasBias is { } hasBias ? Weights(path, graph, "query", 2, hidden, hasBias) : null));
        if (metadata.HasSpatial)
        {
            model = model with { Spatial = new SpatialWeights([.. StepGraph.SpatialTensors().SelectMany(tensor => Floats(path, graph, tensor.Name, tensor.Shape))]) };
        }

        // The whole graph is checked, not only its weights: a program that runs the file must compute the same.
        if (file.IrVersion != GraphBuilder.IrVersion || file.OpsetImport is not [{ Domain: "", Version: GraphBuilder.Opset }] || !Fields.Write(graph).AsSpan().SequenceEqual(Fields.Write(StepGraph.Of(model))))
        {
            throw new InputException($"Optimizer '{path}' does not have the graph of version {LearnedModel.FormatVersion} of the optimizer format; export it again.");
        }

        return new OptimizerFileInfo
        {
            Path = path,
            Sha256 = sha256,
            Model = model,
            Inputs = [.. graph.Input.Select(Declaration)],
            Outputs = [.. graph.Output.Select(Declaration)],
            Producer = OnnxErrors.OneLine(file.ProducerName),
            Opset = GraphBuilder.Opset,
            IrVersion = GraphBuilder.IrVersion,
        };
    }

    private static bool IsTooLarge(string path, out long length)
    {
        length = File.Exists(path) ? new FileInfo(path).Length : 0;
        return length > MaxBytes;
    }

    // For example "state [P, d, 40]".
    private static string Declaration(ValueInfo value) =>
        $"{value.Name} [{string.Join(", ", value.Type!.TensorType!.Shape!.Dim.Select(dim => dim.DimParam is { Length: > 0 } symbol ? symbol : $"{dim.DimValue ?? 0}"))}]";

    private static void ThrowIfOtherInputs(string path, Graph graph, string[] known)
    {
        foreach (ValueInfo input in graph.Input)
        {
            if (!known.Contains(input.Name))
            {
                throw new InputException(
                    $"Optimizer '{path}' has an input '{OnnxErrors.OneLine(input.Name)}', which this program does not support; it supports {string.Join(", ", known)}.");
            }
        }
    }

    // Older files have fewer inputs.
    private static int GatedInputs(Graph graph) =>
        graph.Input.FirstOrDefault(input => input.Name == StepGraph.Features)?.Type?.TensorType?.Shape?.Dim is [_, { DimValue: GatedStep.OlderInputs }, _]
            ? GatedStep.OlderInputs : GatedStep.NetworkInputs;

    private static RnnWeights Weights(string path, Graph graph, string network, int inputs, int hidden, bool hasBias, int outputs = 1, bool hasSkip = false)
    {
        (string Name, int[] Shape)[] tensors = StepGraph.Tensors(network, inputs, hidden, hasBias, outputs, hasSkip);
        float[] Part(string part) =>
            tensors.FirstOrDefault(t => t.Name == $"{network}.{part}") is { Name: not null } tensor ? Floats(path, graph, tensor.Name, tensor.Shape) : [];
        float[] values =
        [
            .. LstmGates.FromOnnx(Part("W")),
            .. LstmGates.FromOnnx(Part("R")),
            .. hasBias ? LstmGates.FromOnnx(Part("B").AsSpan(0, 4 * hidden)) : [],
            .. StepGraph.Transpose(Part("V"), outputs),
            .. StepGraph.Transpose(Part("D"), outputs),
            .. Part("v"),
        ];
        return new RnnWeights(inputs, hidden, hasBias, values, outputs, hasSkip);
    }

    private static float[] Floats(string path, Graph graph, string name, int[] shape)
    {
        Tensor? tensor = graph.Initializer.FirstOrDefault(t => t.Name == name)
            ?? throw new InputException($"Optimizer '{path}' lacks the weights '{name}'; export it again.");
        int count = shape.Aggregate(1, (product, dim) => product * dim);
        if (tensor.DataType != DataType.Float || !tensor.Dims.SequenceEqual(shape.Select(dim => (long)dim)) || tensor.RawData.Length != 4 * count)
        {
            string seen = tensor.DataType != DataType.Float ? "numbers of another type"
                : tensor.Dims.Count > 8 ? $"{tensor.Dims.Count} dimensions" : $"shape [{string.Join(',', tensor.Dims)}] and {tensor.RawData.Length} bytes";
            throw new InputException($"Optimizer '{path}' has weights '{name}' of {seen}; they must be floats of shape [{string.Join(',', shape)}], so export it again.");
        }

        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(tensor.RawData.Span[(4 * i)..]);
            if (!float.IsFinite(values[i]))
            {
                throw new InputException($"Optimizer '{path}' has {values[i]} among its weights '{name}'; a diverged training writes such a file, so use an earlier one.");
            }
        }

        return values;
    }

    private static string Names(IEnumerable<string> names)
    {
        string text = OnnxErrors.OneLine(string.Join(", ", names.Take(4).Select(name => $"'{name}'")));
        return text.Length == 0 ? "nothing" : text.Length > 120 ? text[..120] + "…" : text;
    }
}
