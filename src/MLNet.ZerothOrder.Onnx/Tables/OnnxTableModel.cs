using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// An ONNX model that scores rows of a table: one input per column (as ML.NET's converter and skl2onnx write it), or one input with all columns. Inputs that do not affect the scores, such as the
/// label column that ML.NET leaves in, are removed. A ZipMap is bypassed.
/// </summary>
public sealed class OnnxTableModel : IDisposable
{
    private static readonly string[] Hashes = ["MurmurHash3", "StringHash", "FeatureHasher"];

    private readonly OnnxSession _session;
    private int _users = 1;

    private OnnxTableModel(OnnxFile file, OnnxSession session, IReadOnlyList<TableInput> inputs, string output, string scores, string? labels)
    {
        _session = session;
        Path = file.Path;
        Sha256 = file.Sha256;
        Producer = $"{(file.Producer.Length > 0 ? file.Producer : "unknown")}, opset {file.Opset.ToString(CultureInfo.InvariantCulture)}";
        Inputs = inputs;
        Output = output;
        ScoreTensor = scores;
        LabelTensor = labels;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The hash of the file.</summary>
    public string Sha256 { get; }

    /// <summary>The program that wrote the file, and the version of its operators.</summary>
    public string Producer { get; }

    /// <summary>The inputs that the scores depend on.</summary>
    public IReadOnlyList<TableInput> Inputs { get; }

    /// <summary>The output with the scores.</summary>
    public string Output { get; }

    /// <summary>The names of the classes in the order of the scores, as far as the file says them; null if not.</summary>
    public IReadOnlyList<string>? ClassNames { get; private init; }

    /// <summary>Whether the model predicts classes; a regression does not.</summary>
    public bool IsClassifier { get; private init; }

    /// <summary>Whether the single score of a binary classifier is the probability of the second class, and not a number that is positive for it.</summary>
    public bool IsProbability { get; private init; }

    internal string ScoreTensor { get; }

    internal string? LabelTensor { get; }

    internal bool OneRowAtATime { get; private init; }

    internal bool IsOutputGiven { get; private init; }

    /// <summary>Whether a file is a model of images, with pictures as input, and so no model of tables.</summary>
    /// <exception cref="InputException">The file is no readable ONNX model.</exception>
    public static bool IsOfTable(string path)
    {
        OnnxFile file = OnnxFile.Read(path);
        var index = new GraphIndex(file.Graph);
        HashSet<string> weights = [.. file.Graph.Initializer.Select(tensor => tensor.Name)];
        HashSet<string> needed = index.Behind(file.Graph.Output.Select(output => output.Name));
        ValueInfo[] inputs = [.. file.Graph.Input.Where(input => !weights.Contains(input.Name) && needed.Contains(input.Name))];
        return inputs.Length > 0 && inputs.All(input => input.Type?.TensorType is { } tensor && KindOf(tensor.ElemType) is not null && tensor.Shape?.Dim.Count is 1 or 2)
            && (inputs.Length > 1 || inputs[0].Type!.TensorType!.ElemType is not DataType.Float || file.Graph.Node.Any(node => node.Domain == "ai.onnx.ml"));
    }

    /// <summary>Loads a model onto the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">The output with the scores; null to choose it.</param>
    /// <param name="scores">What the scores are; null to find out. A model with one score per row and a given kind is a classifier.</param>
    /// <exception cref="InputException">The file is no model of a table, it hashes its features, or ONNX Runtime rejects it.</exception>
    public static OnnxTableModel Load(string path, string? output = null, ScoreKind? scores = null)
    {
        OnnxFile file = OnnxFile.Read(path);
        var index = new GraphIndex(file.Graph);
        string picked = output is null && file.Graph.Output.FirstOrDefault(value => value.Name is "Score.output" or "Score") is { } score ? score.Name : ClassifierOutput.Pick(path, index, output);
        string scored = index.Producer(picked) is { OpType: "ZipMap", Input: [var zipped, ..] } ? zipped : picked;
        string? labels = LabelOf(file.Graph, index, picked);
        HashSet<string> needed = index.Behind(labels is null ? [scored] : [scored, labels]);
        if (file.Graph.Node.FirstOrDefault(node => Hashes.Contains(node.OpType) && node.Output.Any(needed.Contains)) is { } hash)
        {
            throw new InputException(
                $"Model '{path}' hashes a column ({hash.OpType}): values that share a hash are the same to it, so a change that succeeds may be an accident of the hash and say nothing about the value; train it with one-hot encoding instead.");
        }

        HashSet<string> weights = [.. file.Graph.Initializer.Select(tensor => tensor.Name), .. file.Graph.SparseInitializer.Select(sparse => sparse.Values?.Name ?? "")];
        ValueInfo[] kept = [.. file.Graph.Input.Where(input => !weights.Contains(input.Name) && needed.Contains(input.Name))];
        TableInput[] inputs = [.. kept.Select(input => Describe(path, input))];
        if (inputs.Length == 0)
        {
            throw new InputException($"Model '{path}' has scores '{picked}' that depend on no input; name another output.") { Argument = "Output" };
        }

        if (inputs.Length > 1 && Array.Find(inputs, input => input.Width is not 1) is { } wide)
        {
            throw new InputException($"Model '{path}' has {inputs.Length} inputs, and '{wide.Name}' takes {wide.Width?.ToString(CultureInfo.InvariantCulture) ?? "any number of"} values per row; export it with one input per column, or with one input for all.");
        }

        Model model = Fields.Copy(file.Model);
        Graph graph = model.Graph!;
        graph.Node = [.. graph.Node.Where(node => node.Output.Any(needed.Contains))];
        graph.Initializer = [.. graph.Initializer.Where(tensor => needed.Contains(tensor.Name))];
        graph.Input = [.. kept, .. graph.Input.Where(input => weights.Contains(input.Name) && needed.Contains(input.Name))];
        graph.Output = [.. new[] { scored, labels }.OfType<string>().Distinct().Select(name => file.Graph.Output.FirstOrDefault(value => value.Name == name) ?? new ValueInfo { Name = name })];
        graph.ValueInfo = [.. graph.ValueInfo.Where(value => needed.Contains(value.Name))];
        IReadOnlyList<string>? names = Names(index, picked, scored, labels);
        DataType labelType = labels is null ? DataType.Undefined : TypeOf(file.Graph, labels);
        long? width = file.Graph.Output.FirstOrDefault(value => value.Name == scored)?.Type?.TensorType?.Shape is { Dim: [_, { DimValue: { } values }] } ? values : null;
        bool isClassifier = labels is not null || scored != picked || names is not null || scores is not null || width > 1;
        return new OnnxTableModel(file, OnnxSession.Open(file, OnnxDevice.Cpu, Fields.Write(model)), inputs, picked, scored, labels)
        {
            ClassNames = names ?? (labelType == DataType.Bool ? ["False", "True"] : null),
            IsClassifier = isClassifier,
            IsProbability = scores is ScoreKind.Probabilities or ScoreKind.IndependentProbabilities || (scores is null && picked.Contains("prob", StringComparison.OrdinalIgnoreCase)),
            IsOutputGiven = output is not null,
            OneRowAtATime = kept.Any(input => input.Type!.TensorType!.Shape is { Dim: [{ DimValue: 1 }, ..] }),
        };
    }

    /// <summary>An oracle that asks this model about rows of floats, which constraints describe: the places of categories for texts, 0 and 1 for flags.</summary>
    /// <param name="constraints">One feature per column, in the order of the inputs or of the one input's values.</param>
    /// <param name="rows">Rows to try the model with, at least one: the more, the surer it is that its labels are those of its highest scores.</param>
    /// <param name="threads">The calls that may run at the same time; null for one per core.</param>
    /// <exception cref="InputException">The constraints do not fit the inputs, there is no row, or the model fails on the rows or gives them other scores than it should.</exception>
    public OnnxTableOracle Open(FeatureConstraints constraints, IReadOnlyList<ReadOnlyMemory<float>> rows, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
        {
            throw new InputException("There is no row to try the model with; give at least one.");
        }

        int? length = Inputs.Count > 1 ? Inputs.Count : Inputs[0].Width;
        if (length is { } wanted && wanted != constraints.Count)
        {
            throw new InputException($"The model takes {wanted} values per row, but the constraints have {constraints.Count} features; give one feature per value.") { Argument = "Constraints" };
        }

        return new OnnxTableOracle(this, constraints, rows, threads ?? Environment.ProcessorCount);
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    internal void Retain() => Interlocked.Increment(ref _users);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _session.Dispose();
        }
    }

    internal IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> outputs) => _session.Native.Run(_session.RunOptions, names, values, outputs);

    private static TableInputKind? KindOf(DataType type) => type switch
    {
        DataType.Float or DataType.Double => TableInputKind.Number,
        DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64 or DataType.Uint8 or DataType.Uint16 or DataType.Uint32 or DataType.Uint64 => TableInputKind.Integer,
        DataType.Bool => TableInputKind.Flag,
        DataType.String => TableInputKind.Text,
        _ => null,
    };

    private static TableInput Describe(string path, ValueInfo input)
    {
        TensorType? tensor = input.Type?.TensorType;
        List<Dimension>? dims = tensor?.Shape?.Dim;
        string shape = dims is null ? "" : $" [{string.Join(", ", dims.Select((dim, i) => i == 0 && dim.DimValue is not > 0 ? "N" : dim.DimValue is > 0 ? $"{dim.DimValue}" : "any"))}]";
        string type = $"{tensor?.ElemType.ToString() ?? "no tensor"}{shape}";
        return tensor is not null && KindOf(tensor.ElemType) is { } kind && dims?.Count is 1 or 2 && dims[0].DimValue is not > 1
            ? new TableInput(input.Name, kind, type, dims.Count == 1 ? 1 : dims[1].DimValue is > 0 ? (int)dims[1].DimValue!.Value : null) { ElementType = tensor.ElemType, Rank = dims.Count }
            : throw new InputException($"Model '{path}' has an input '{input.Name}' of {type}, which takes no column of a table; give a model with inputs [N, 1] per column or [N, columns].");
    }

    private static DataType TypeOf(Graph graph, string output) => graph.Output.FirstOrDefault(value => value.Name == output)?.Type?.TensorType?.ElemType ?? DataType.Undefined;

    // The predicted class: no copy of an input, such as the true labels that ML.NET passes through.
    private static string? LabelOf(Graph graph, GraphIndex index, string picked)
    {
        HashSet<string> inputs = [.. graph.Input.Select(input => input.Name)];
        string[] labels =
        [
            .. graph.Output.Where(value => value.Name != picked && value.Name.Contains("label", StringComparison.OrdinalIgnoreCase) && !value.Name.StartsWith("mlnet.", StringComparison.Ordinal)
                && value.Type?.TensorType is not null && !IsCopy(value.Name)).Select(value => value.Name).OrderBy(name => name.StartsWith("PredictedLabel", StringComparison.Ordinal) ? 0 : 1),
        ];
        return labels.FirstOrDefault(label => index.Behind([label]).Overlaps(inputs));

        bool IsCopy(string tensor) => inputs.Contains(tensor) || (index.Producer(tensor) is { OpType: "Identity", Input: [var from] } && IsCopy(from));
    }

    // The classes as the classifier's operator or the operators behind it list them.
    private static IReadOnlyList<string>? Names(GraphIndex index, string picked, string scored, string? labels)
    {
        if (index.Producer(picked) is { OpType: "ZipMap" } map && Listed(map, "classlabels") is { } zipped)
        {
            return zipped;
        }

        HashSet<string> behind = index.Behind(labels is null ? [scored] : [scored, labels]);
        IReadOnlyList<string>? classes = index.Graph.Node.Where(node => node.Output.Any(behind.Contains)).Select(node => Listed(node, "classlabels")).OfType<IReadOnlyList<string>>().LastOrDefault();

        // ML.NET numbers the classes and looks their names up at the end.
        for (string? at = labels; classes is not null && at is not null;)
        {
            Node? node = index.Producer(at);
            if (node?.OpType == "LabelEncoder" && Listed(node, "keys_int64s") is { } keys && Listed(node, "values_strings") is { } values && keys.Count == values.Count && classes.All(keys.Contains))
            {
                return [.. classes.Select(name => values[keys.ToList().IndexOf(name)])];
            }

            at = node is { OpType: "Identity" or "Cast" or "Unsqueeze" or "Reshape" or "LabelEncoder" } ? node.Input.FirstOrDefault() : null;
        }

        return classes;
    }

    private static IReadOnlyList<string>? Listed(Node node, string name) => node.Attribute.Where(attribute => attribute.Name.StartsWith(name, StringComparison.Ordinal))
        .Select(attribute => (IReadOnlyList<string>)(attribute.Strings.Count > 0 ? attribute.Strings : [.. attribute.Ints.Select(value => value.ToString(CultureInfo.InvariantCulture))]))
        .FirstOrDefault(list => list.Count > 0);
}
