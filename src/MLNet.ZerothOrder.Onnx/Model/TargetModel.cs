using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A classifier's model, changed for attacks. Weights are no longer inputs, because ONNX Runtime uses other kernels for inputs than for constants. Inputs that do
/// not affect the scores and a switch between training and inference are removed. The scores are taken in front of a last Softmax or Sigmoid.
/// </summary>
/// <param name="Output">The output of the file with the scores.</param>
/// <param name="Declared">The tensor with the values of that output: the output itself, or the input of a ZipMap that writes it.</param>
/// <param name="Cut">The tensor in front of the last activation; null if there is none or it was not searched.</param>
/// <param name="Activation">The name of that activation, such as <c>Softmax</c>; empty without one.</param>
/// <param name="Model">The changed model; null to run the file unchanged.</param>
internal sealed record TargetModel(string Output, string Declared, string? Cut, string Activation, Model? Model)
{
    // The oldest version of the format in which weights need not be inputs.
    private const long OldestIrVersion = 4;

    /// <summary>Prepares the model of a file.</summary>
    /// <param name="file">The file, with its weights.</param>
    /// <param name="output">The output with the scores; null to choose it.</param>
    /// <param name="cuts">Whether to take the scores in front of a last activation.</param>
    /// <exception cref="InputException">No output can be the scores, or several could.</exception>
    public static TargetModel Of(OnnxFile file, string? output, bool cuts)
    {
        Graph graph = file.Graph;
        var index = new GraphIndex(graph);
        string picked = ClassifierOutput.Pick(file.Path, index, output);
        string declared = index.Producer(picked) is { OpType: "ZipMap", Input: [var zipped, ..] } ? zipped : picked;
        var cut = new ScoreCut(index, GraphNames.Unused(file.Model, "zo.cut."));
        string? scores = cuts ? cut.Before(declared) : null;

        HashSet<string> needed = index.Behind([.. cut.Added.SelectMany(GraphNames.Read), declared, .. scores is null ? [] : new[] { scores }]);
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
