using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A learned optimizer as one <c>.onnx</c> file, which ONNX Runtime runs as it is, and from which the networks' weights are read
/// back bit for bit.
/// </summary>
public static class OptimizerFile
{
    /// <summary>The largest file that is read; the largest networks fit into it.</summary>
    public const int MaxBytes = 1 << 22;

    /// <summary>Writes a file, or replaces it as a whole.</summary>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public static void Write(string path, LearnedModel model)
    {
        byte[] bytes = ToBytes(model);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The file's bytes: the same for the same model on every machine.</summary>
    public static byte[] ToBytes(LearnedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model file = GraphBuilder.Model(StepGraph.Of(model));
        OptimizerMetadata.Write(model, file.MetadataProps);
        return file.ToByteArray();
    }

    /// <summary>Whether an ONNX file says that it is a learned optimizer, of whatever format version; else it is something else, such as a classifier.</summary>
    /// <exception cref="InputException">It is missing, cut off or no ONNX model at all.</exception>
    public static bool IsOptimizer(string path) => !IsTooLarge(path, out _) && OptimizerMetadata.NamesOptimizer(OnnxFile.Read(path).Metadata);

    /// <summary>Reads what a file holds. It may come from anywhere: nothing in it is run or allocated before it is checked.</summary>
    /// <exception cref="InputException">It is missing, cut off, something else such as a classifier, of another format version, or does not hold together.</exception>
    public static LearnedModel Read(string path) => Describe(path).Model;

    /// <summary>Reads a file and makes the optimizer that it holds, named after the file.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static IZerothOrderOptimizer Load(string path) => Read(path).CreateOptimizer(Path.GetFileNameWithoutExtension(path));

    /// <summary>Reads a file as <see cref="Read"/> does, with what is to be told about it.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static OptimizerFileInfo Describe(string path)
    {
        // A large file is not even read: classifiers can be huge.
        if (IsTooLarge(path, out long length))
        {
            throw new InputException(
                $"'{path}' has {length} bytes, and a learned optimizer at most {MaxBytes}; give a file that was trained here, and a classifier as the target.") { Argument = "Model" };
        }

        OnnxFile file = OnnxFile.Read(path);
        return Describe(file.Model, file.Sha256, path);
    }

    /// <summary>Reads the bytes of a file, such as <see cref="ToBytes"/> gives.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static OptimizerFileInfo Describe(byte[] bytes, string path)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Model file;
        try
        {
            file = Model.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InputException($"Optimizer '{path}' is not an ONNX model as optimizers are; export it again.", e);
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
                    ? $"Optimizer '{path}' has lost the metadata that says what it is; export it again."
                    : $"'{path}' is a model from {Names(graph.Input.Select(i => i.Name))} to {Names(graph.Output.Select(o => o.Name))}, such as a classifier, and not a learned optimizer; give it as the target, and as the optimizer a file that was trained here.") { Argument = "Model" };
        }

        metadata.ThrowIfOtherVersion();
        (int hidden, bool updateHasBias, bool? queryHasBias, LearnedKind kind) = metadata.Shape();
        ThrowIfOtherInputs(path, graph, StepGraph.Inputs(kind, queryHasBias is not null));
        LearnedModel model = metadata.Describe(new LearnedModel(
            kind switch
            {
                LearnedKind.Proximal => Weights(path, graph, "update", LearnedProximalOptimizer.NetworkInputs, hidden, updateHasBias, LearnedProximalOptimizer.NetworkOutputs, hasSkip: true),
                LearnedKind.Gated => Weights(path, graph, "update", GatedStep.NetworkInputs, hidden, updateHasBias, GatedStep.NetworkOutputs),
                _ => Weights(path, graph, "update", 1, hidden, updateHasBias),
            },
            queryHasBias is { } hasBias ? Weights(path, graph, "query", 2, hidden, hasBias) : null));

        // The weights alone say little if the operators around them are others: whoever runs the file, must compute the same.
        if (file.IrVersion != GraphBuilder.IrVersion || file.OpsetImport is not [{ Domain: "", Version: GraphBuilder.Opset }] || !graph.Equals(StepGraph.Of(model)))
        {
            throw new InputException($"Optimizer '{path}' has another graph than version {LearnedModel.FormatVersion} of the optimizer format lays down; export it again.");
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

    // Such as "state [P, d, 40]".
    private static string Declaration(ValueInfo value) =>
        $"{value.Name} [{string.Join(", ", value.Type.TensorType.Shape.Dim.Select(dim => dim.DimParam.Length > 0 ? dim.DimParam : $"{dim.DimValue}"))}]";

    private static void ThrowIfOtherInputs(string path, Graph graph, string[] known)
    {
        foreach (ValueInfo input in graph.Input)
        {
            if (!known.Contains(input.Name))
            {
                throw new InputException(
                    $"Optimizer '{path}' wants an input '{OnnxErrors.OneLine(input.Name)}', which this program does not know how to feed; it knows {string.Join(", ", known)}.");
            }
        }
    }

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
        if (tensor.DataType != Tensor.Types.DataType.Float || !tensor.Dims.SequenceEqual(shape.Select(dim => (long)dim)) || tensor.RawData.Length != 4 * count)
        {
            string seen = tensor.DataType != Tensor.Types.DataType.Float ? "numbers of another type"
                : tensor.Dims.Count > 8 ? $"{tensor.Dims.Count} dimensions" : $"shape [{string.Join(',', tensor.Dims)}] and {tensor.RawData.Length} bytes";
            throw new InputException($"Optimizer '{path}' has weights '{name}' of {seen}; they are floats of shape [{string.Join(',', shape)}], so export it again.");
        }

        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(tensor.RawData.Span[(4 * i)..]);
            if (!float.IsFinite(values[i]))
            {
                throw new InputException($"Optimizer '{path}' has {values[i]} among its weights '{name}'; a training run that diverged leaves such a file, so take an earlier one.");
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
