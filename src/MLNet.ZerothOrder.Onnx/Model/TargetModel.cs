using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A classifier's model as it is run. Weights do not stand among the inputs, since ONNX Runtime then computes with other kernels; inputs that scores do not
/// need are gone, as is the switch between training and inference; and the scores are taken in front of a last Softmax or Sigmoid.
/// </summary>
/// <param name="Output">The file's output that holds the scores.</param>
/// <param name="Declared">The tensor that holds what the output holds: the output, or what a ZipMap makes it of.</param>
/// <param name="Cut">The tensor in front of the last activation; null where there is none, or it was not to be looked for.</param>
/// <param name="Activation">That activation, such as <c>Softmax</c>; empty without one.</param>
/// <param name="Model">The model to run; null for the file as it is.</param>
internal sealed record TargetModel(string Output, string Declared, string? Cut, string Activation, Model? Model)
{
    // The oldest that keeps weights out of the inputs.
    private const long OldestIrVersion = 4;

    /// <summary>Prepares a file's model.</summary>
    /// <param name="file">The file, with its weights.</param>
    /// <param name="output">The output that the scores are in; null to pick it.</param>
    /// <param name="cuts">Whether to look for the scores in front of the last activation.</param>
    /// <exception cref="InputException">No output can be the scores, or several could.</exception>
    public static TargetModel Of(OnnxFile file, string? output, bool cuts)
    {
        Graph graph = file.Graph;
        var index = new GraphIndex(graph);
        string picked = ClassifierOutput.Pick(file.Path, index, output);
        string declared = index.Producer(picked) is { OpType: "ZipMap", Input: [var zipped, ..] } ? zipped : picked;
        var cut = new ScoreCut(index, GraphNames.Unused(file.Model, "zo.cut."));
        string? scores = cuts ? cut.Before(declared) : null;

        HashSet<string> needed = Needed(index, [.. cut.Added.SelectMany(GraphNames.Read), declared, .. scores is null ? [] : new[] { scores }]);
        HashSet<string> weights = [.. graph.Initializer.Select(tensor => tensor.Name), .. graph.SparseInitializer.Select(sparse => sparse.Values?.Name ?? "")];
        ValueInfo[] inputs = [.. graph.Input.Where(input => !weights.Contains(input.Name))];
        ValueInfo[] switches = inputs.Length < 2 ? [] : [.. inputs.Where(input => needed.Contains(input.Name) && IsTrainingSwitch(input))];
        ValueInfo[] kept = inputs.Length < 2 ? inputs : [.. inputs.Where(input => needed.Contains(input.Name) && !switches.Contains(input))];
        if (scores is null && declared == picked && kept.Length == graph.Input.Count)
        {
            return new TargetModel(picked, declared, null, "", null);
        }

        // Weights are shared, not copied.
        Model model = Fields.Copy(file.Model);
        Graph run = model.Graph!;
        model.IrVersion = Math.Max(model.IrVersion, OldestIrVersion);
        run.Node = [.. graph.Node.Where(node => node.Output.Any(needed.Contains)), .. scores is null ? [] : cut.Added];
        run.Initializer = [.. run.Initializer.Where(tensor => needed.Contains(tensor.Name)), .. switches.Select(Off)];
        run.Input = [.. kept];
        run.Output = [.. scores is null ? [] : new[] { new ValueInfo { Name = scores } }, Declaration(graph, declared)];
        return new TargetModel(picked, declared, scores, scores is null ? "" : cut.Activation, model);
    }

    private static HashSet<string> Needed(GraphIndex graph, IEnumerable<string> tensors)
    {
        HashSet<string> needed = [];
        var open = new Stack<string>(tensors);
        while (open.TryPop(out string? tensor))
        {
            if (needed.Add(tensor) && graph.Producer(tensor) is { } node)
            {
                foreach (string read in GraphNames.Read(node))
                {
                    open.Push(read);
                }
            }
        }

        return needed;
    }

    // Such as Keras' keras_learning_phase.
    private static bool IsTrainingSwitch(ValueInfo input) =>
        input.Type?.TensorType is { ElemType: DataType.Bool } && (input.Name.Contains("learning_phase", StringComparison.OrdinalIgnoreCase) || input.Name.Contains("train", StringComparison.OrdinalIgnoreCase));

    private static Tensor Off(ValueInfo input) => new()
    {
        Name = input.Name,
        DataType = DataType.Bool,
        RawData = new byte[1],
        Dims = [.. Enumerable.Repeat(1L, input.Type?.TensorType?.Shape?.Dim.Count ?? 0)],
    };

    private static ValueInfo Declaration(Graph graph, string tensor) =>
        graph.Output.FirstOrDefault(value => value.Name == tensor) ?? new ValueInfo { Name = tensor };
}
