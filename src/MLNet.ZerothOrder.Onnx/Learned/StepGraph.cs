using MLNet.ZerothOrder.OnnxSchema;
using static MLNet.ZerothOrder.GraphBuilder;

namespace MLNet.ZerothOrder;

/// <summary>
/// The graph <c>step</c> of a learned optimizer for P problems of d coordinates:
/// inputs <c>gradient [P,d]</c>, <c>state [P,d,S]</c>, <c>scale [P]</c> and, with a QueryRNN, <c>appliedUpdate [P,d]</c> (the update
/// that is applied instead of this step's, or NaN to apply this step's); outputs <c>update [P,d]</c>, <c>deviation [P,d]</c>, already
/// rescaled per problem, and <c>newState [P,d,S]</c>. The state of a coordinate is h and c of UpdateRNN, then those of QueryRNN.
/// In a gated model, <c>features [P,4,d]</c> (<see cref="GatedStep"/>) replace the gradient.
/// For the network of a proximal step: inputs <c>features [P,I,d]</c> and <c>state [P,d,S]</c>; outputs <c>outputs [P,K,d]</c> and <c>newState [P,d,S]</c>.
/// Its spatial part (<see cref="SpatialWeights"/>) adds the inputs <c>maps [P,9,H,W]</c> and <c>scalars [P,6]</c> and the output <c>logDeviation [P,2,H,W]</c>.
/// </summary>
internal sealed class StepGraph
{
    public const string Name = "step";
    public const string Gradient = "gradient";
    public const string State = "state";
    public const string Scale = "scale";
    public const string AppliedUpdate = "appliedUpdate";
    public const string Update = "update";
    public const string Deviation = "deviation";
    public const string NewState = "newState";
    public const string Features = "features";
    public const string Outputs = "outputs";
    public const string Maps = "maps";
    public const string Scalars = "scalars";
    public const string LogDeviation = "logDeviation";

    private readonly GraphBuilder _graph = new(Name);

    private StepGraph(LearnedModel model)
    {
        int h = model.Hidden;
        int width = StateWidth(model);
        if (model.Kind == LearnedKind.Proximal)
        {
            Proximal(model.Update, width);
            Spatial(model.Spatial);
            return;
        }

        if (model.Kind == LearnedKind.Gated)
        {
            Gated(model, width);
            return;
        }

        _graph.Input(Gradient, "P", "d");
        _graph.Input(State, "P", "d", width);
        _graph.Input(Scale, "P");
        if (model.Query is not null)
        {
            _graph.Input(AppliedUpdate, "P", "d");
        }

        // Coordinates are the batch of the LSTM; its sequence has one element.
        _graph.Integers("coordinates", 1, -1, 1);
        _graph.Integers("coordinateStates", 1, -1, width);
        _graph.Integers("parts", [.. Enumerable.Repeat((long)h, width / h)]);
        _graph.Integers("last", 1);
        _graph.Floats("one", [1, 1], 1);
        _graph.Node("Shape", [Gradient], ["shape"]);
        _graph.Node("Shape", [State], ["stateShape"]);
        _graph.Node("Reshape", [Gradient, "coordinates"], ["x"]);
        _graph.Node("Reshape", [State, "coordinateStates"], ["states"]);
        _graph.Node("Split", ["states", "parts"], model.Query is null ? ["h", "c"] : ["h", "c", "queryH", "queryC"], Int("axis", 2));

        Network("update", model.Update, "x", "h", "c");
        _graph.Node("Unsqueeze", [Scale, "last"], ["scales"]);
        _graph.Node("Mul", ["updateOutput", "scales"], [Update]);
        if (model.Query is null)
        {
            _graph.Node("Expand", ["one", "shape"], [Deviation]);
            _graph.Node("Concat", ["updateNewH", "updateNewC"], ["newStates"], Int("axis", 2));
        }
        else
        {
            _graph.Node("IsNaN", [AppliedUpdate], ["isOwn"]);
            _graph.Node("Where", ["isOwn", Update, AppliedUpdate], ["applied"]);
            _graph.Node("Reshape", ["applied", "coordinates"], ["y"]);
            _graph.Node("Concat", ["x", "y"], ["queryX"], Int("axis", 2));
            Network("query", model.Query, "queryX", "queryH", "queryC");
            Rescale("queryOutput");
            _graph.Node("Concat", ["updateNewH", "updateNewC", "queryNewH", "queryNewC"], ["newStates"], Int("axis", 2));
        }

        _graph.Node("Reshape", ["newStates", "stateShape"], [NewState]);
        _graph.Output(Update, "P", "d");
        _graph.Output(Deviation, "P", "d");
        _graph.Output(NewState, "P", "d", width);
    }

    /// <summary>S: floats of state per coordinate.</summary>
    public static int StateWidth(LearnedModel model) => (model.Query is null ? 2 : 4) * model.Hidden;

    /// <summary>The inputs of a model's graph.</summary>
    public static string[] Inputs(LearnedKind kind, bool hasQuery, bool hasSpatial)
    {
        string[] all = [kind == LearnedKind.Paper ? Gradient : Features, State, Scale, AppliedUpdate];
        return hasSpatial ? [Features, State, Maps, Scalars] : all[..(kind == LearnedKind.Proximal ? 2 : hasQuery ? 4 : 3)];
    }

    /// <summary>The graph of a model.</summary>
    public static Graph Of(LearnedModel model) => new StepGraph(model)._graph.Graph;

    /// <summary>The weight tensors of a network and their shapes, in the order of a file.</summary>
    public static (string Name, int[] Shape)[] Tensors(string network, int inputs, int hidden, bool hasBias, int outputs = 1, bool hasSkip = false)
    {
        var tensors = new List<(string, int[])> { ($"{network}.W", [1, 4 * hidden, inputs]), ($"{network}.R", [1, 4 * hidden, hidden]) };
        if (hasBias)
        {
            tensors.Add(($"{network}.B", [1, 8 * hidden]));
        }

        tensors.Add(($"{network}.V", [hidden, outputs]));
        if (hasSkip)
        {
            tensors.Add(($"{network}.D", [inputs, outputs]));
        }

        if (hasBias)
        {
            tensors.Add(($"{network}.v", [outputs]));
        }

        return [.. tensors];
    }

    /// <summary>Transposes rows of K numbers; its own inverse.</summary>
    public static float[] Transpose(ReadOnlySpan<float> rows, int columns)
    {
        var transposed = new float[rows.Length];
        int count = rows.Length / columns;
        for (int i = 0; i < rows.Length; i++)
        {
            transposed[(i % columns * count) + (i / columns)] = rows[i];
        }

        return transposed;
    }

    private void Proximal(RnnWeights weights, int width)
    {
        int h = weights.Hidden;
        _graph.Input(Features, "P", weights.Inputs, "d");
        _graph.Input(State, "P", "d", width);
        _graph.Integers("coordinates", 1, -1, weights.Inputs);
        _graph.Integers("coordinateStates", 1, -1, width);
        _graph.Integers("parts", h, h);
        _graph.Integers("firstTwo", 0, 1);
        _graph.Integers("outputCount", weights.Outputs);
        _graph.Node("Shape", [State], ["stateShape"]);
        _graph.Node("Transpose", [Features], ["byCoordinate"], Ints("perm", 0, 2, 1));
        _graph.Node("Reshape", ["byCoordinate", "coordinates"], ["x"]);
        _graph.Node("Reshape", [State, "coordinateStates"], ["states"]);
        _graph.Node("Split", ["states", "parts"], ["h", "c"], Int("axis", 2));
        _graph.Node("Gather", ["stateShape", "firstTwo"], ["problemsAndCoordinates"]);
        _graph.Node("Concat", ["problemsAndCoordinates", "outputCount"], ["shape"], Int("axis", 0));
        Network("update", weights, "x", "h", "c");
        _graph.Node("Transpose", ["updateOutput"], [Outputs], Ints("perm", 0, 2, 1));
        _graph.Node("Concat", ["updateNewH", "updateNewC"], ["newStates"], Int("axis", 2));
        _graph.Node("Reshape", ["newStates", "stateShape"], [NewState]);
        _graph.Output(Outputs, "P", weights.Outputs, "d");
        _graph.Output(NewState, "P", "d", width);
    }

    // Zeros around the image, as in SpatialKernel.
    private void Spatial(SpatialWeights? weights)
    {
        if (weights is null)
        {
            return;
        }

        _graph.Input(Maps, "P", SpatialWeights.Maps, "H", "W");
        _graph.Input(Scalars, "P", SpatialWeights.Scalars);
        int at = 0;
        foreach ((string name, int[] shape) in SpatialTensors())
        {
            int count = shape.Aggregate(1, (product, side) => product * side);
            _graph.Floats(name, shape, weights.Values.Slice(at, count));
            at += count;
        }

        _graph.Integers("pixelAxes", 2, 3);
        _graph.Node("Gemm", [Scalars, "spatial.S"], ["ofScalars"], Int("transB", 1));
        _graph.Node("Unsqueeze", ["ofScalars", "pixelAxes"], ["ofScalarsEverywhere"]);
        Convolution("1", Maps, 1);
        _graph.Node("Add", ["convolved1", "ofScalarsEverywhere"], ["shifted1"]);
        _graph.Node("Relu", ["shifted1"], ["layer1"]);
        Convolution("2", "layer1", 2);
        _graph.Node("Relu", ["convolved2"], ["rectified2"]);
        _graph.Node("Add", ["rectified2", "layer1"], ["layer2"]);
        Convolution("3", "layer2", 4);
        _graph.Node("Relu", ["convolved3"], ["rectified3"]);
        _graph.Node("Add", ["rectified3", "layer2"], ["layer3"]);
        _graph.Node("Conv", ["layer3", "spatial.W4", "spatial.b4"], [LogDeviation], Ints("kernel_shape", 1, 1));
        _graph.Output(LogDeviation, "P", SpatialWeights.Outputs, "H", "W");

        void Convolution(string layer, string input, int distance) => _graph.Node(
            "Conv", [input, $"spatial.W{layer}", $"spatial.b{layer}"], [$"convolved{layer}"],
            Ints("dilations", distance, distance), Ints("kernel_shape", 3, 3), Ints("pads", distance, distance, distance, distance));
    }

    /// <summary>The weight tensors of the spatial part and their shapes, in the order of a file.</summary>
    public static IEnumerable<(string Name, int[] Shape)> SpatialTensors() => SpatialWeights.Tensors.Select(tensor => ($"spatial.{tensor.Name}", tensor.Shape));

    private void Gated(LearnedModel model, int width)
    {
        int h = model.Hidden;
        _graph.Input(Features, "P", model.Update.Inputs, "d");
        _graph.Input(State, "P", "d", width);
        _graph.Input(Scale, "P");
        if (model.Query is not null)
        {
            _graph.Input(AppliedUpdate, "P", "d");
        }

        _graph.Integers("inputs", 1, -1, model.Update.Inputs);
        _graph.Integers("coordinates", 1, -1, 1);
        _graph.Integers("coordinateStates", 1, -1, width);
        _graph.Integers("parts", [.. Enumerable.Repeat((long)h, width / h)]);
        _graph.Integers("inputParts", [.. Enumerable.Repeat(1L, model.Update.Inputs)]);
        _graph.Integers("outputParts", [.. Enumerable.Repeat(1L, GatedStep.NetworkOutputs)]);
        _graph.Integers("firstTwo", 0, 1);
        _graph.Integers("last", 1);
        _graph.Integers("outputCount", GatedStep.NetworkOutputs);
        _graph.Floats("one", [1, 1], 1);
        _graph.Node("Transpose", [Features], ["byCoordinate"], Ints("perm", 0, 2, 1));
        _graph.Node("Shape", [State], ["stateShape"]);
        _graph.Node("Gather", ["stateShape", "firstTwo"], ["shape"]);
        _graph.Node("Concat", ["shape", "outputCount"], ["outputShape"], Int("axis", 0));
        _graph.Node("Reshape", ["byCoordinate", "inputs"], ["x"]);
        _graph.Node("Reshape", [State, "coordinateStates"], ["states"]);
        _graph.Node("Split", ["states", "parts"], model.Query is null ? ["h", "c"] : ["h", "c", "queryH", "queryC"], Int("axis", 2));

        Network("update", model.Update, "x", "h", "c", "outputShape");
        _graph.Node("Split", ["byCoordinate", "inputParts"], model.Update.Inputs == GatedStep.OlderInputs ? ["gradient", "size", "position", "time"] : ["gradient", "size", "position", "time", "length", "share"], Int("axis", 2));
        _graph.Node("Split", ["updateOutput", "outputParts"], ["correction", "logRate", "logPull"], Int("axis", 2));
        _graph.Floats("correctionScale", [1], GatedStep.Correction);
        _graph.Floats("rateScale", [1], -GatedStep.Rate);
        _graph.Floats("pullScale", [1], -GatedStep.Pull / GatedStep.PositionScale);
        _graph.Floats("exponentScale", [1], GatedStep.ExponentScale);
        _graph.Floats("leastExponent", [], -GatedStep.LargestExponent);
        _graph.Floats("largestExponent", [], GatedStep.LargestExponent);
        _graph.Node("Mul", ["correction", "correctionScale"], ["corrected"]);
        Gate("rate", "logRate", "gradient");
        Gate("pull", "logPull", "position");
        _graph.Node("Add", ["rate", "pull"], ["gated"]);
        _graph.Node("Add", ["corrected", "gated"], ["moves"]);
        _graph.Node("Reshape", ["moves", "shape"], ["move"]);
        _graph.Node("Unsqueeze", [Scale, "last"], ["scales"]);
        _graph.Node("Mul", ["move", "scales"], [Update]);
        if (model.Query is null)
        {
            _graph.Node("Expand", ["one", "shape"], [Deviation]);
            _graph.Node("Concat", ["updateNewH", "updateNewC"], ["newStates"], Int("axis", 2));
        }
        else
        {
            _graph.Node("IsNaN", [AppliedUpdate], ["isOwn"]);
            _graph.Node("Where", ["isOwn", Update, AppliedUpdate], ["applied"]);
            _graph.Node("Reshape", ["gradient", "shape"], ["estimate"]);
            Normalize("estimate");
            Normalize("applied");
            _graph.Node("Concat", ["estimateNormalized", "appliedNormalized"], ["queryX"], Int("axis", 2));
            Network("query", model.Query, "queryX", "queryH", "queryC");
            Rescale("queryOutput");
            _graph.Node("Concat", ["updateNewH", "updateNewC", "queryNewH", "queryNewC"], ["newStates"], Int("axis", 2));
        }

        _graph.Node("Reshape", ["newStates", "stateShape"], [NewState]);
        _graph.Output(Update, "P", "d");
        _graph.Output(Deviation, "P", "d");
        _graph.Output(NewState, "P", "d", width);
    }

    // Computes scale · e^{3o} · input, with a clamped exponent.
    private void Gate(string name, string output, string input)
    {
        _graph.Node("Mul", [output, "exponentScale"], [$"{name}Exponent"]);
        _graph.Node("Clip", [$"{name}Exponent", "leastExponent", "largestExponent"], [$"{name}Held"]);
        _graph.Node("Exp", [$"{name}Held"], [$"{name}Gate"]);
        _graph.Node("Mul", [$"{name}Gate", input], [$"{name}Gated"]);
        _graph.Node("Mul", [$"{name}Gated", $"{name}Scale"], [name]);
    }

    // Divides by the root mean square per problem; 0 if that is 0. One row per coordinate.
    private void Normalize(string name)
    {
        if (_graph.Graph.Initializer.All(tensor => tensor.Name != "nothing"))
        {
            _graph.Floats("nothing", [1, 1], 0);
        }

        _graph.Node("Mul", [name, name], [$"{name}Squares"]);
        _graph.Node("ReduceMean", [$"{name}Squares"], [$"{name}Square"], Ints("axes", 1), Int("keepdims", 1));
        _graph.Node("Sqrt", [$"{name}Square"], [$"{name}Rms"]);
        _graph.Node("Greater", [$"{name}Rms", "nothing"], [$"{name}HasSize"]);
        _graph.Node("Div", [name, $"{name}Rms"], [$"{name}Ratio"]);
        _graph.Node("Where", [$"{name}HasSize", $"{name}Ratio", "nothing"], [$"{name}Normal"]);
        _graph.Node("Reshape", [$"{name}Normal", "coordinates"], [$"{name}Normalized"]);
    }

    private void Network(string name, RnnWeights weights, string x, string h, string c, string shape = "shape")
    {
        int units = weights.Hidden;
        List<float[]> values = [LstmGates.ToOnnx(weights.InputWeights), LstmGates.ToOnnx(weights.RecurrentWeights)];
        if (weights.HasBias)
        {
            // ONNX has one bias for the inputs and one for the recurrence, and adds them.
            values.Add([.. LstmGates.ToOnnx(weights.GateBiases), .. new float[4 * units]]);
        }

        values.Add(Transpose(weights.OutputWeights, units));
        if (weights.HasSkip)
        {
            values.Add(Transpose(weights.SkipWeights, weights.Inputs));
        }

        if (weights.HasBias)
        {
            values.Add(weights.OutputBiases.ToArray());
        }

        (string Name, int[] Shape)[] tensors = Tensors(name, weights.Inputs, units, weights.HasBias, weights.Outputs, weights.HasSkip);
        for (int i = 0; i < tensors.Length; i++)
        {
            _graph.Floats(tensors[i].Name, tensors[i].Shape, values[i]);
        }

        _graph.Node(
            "LSTM",
            [x, $"{name}.W", $"{name}.R", weights.HasBias ? $"{name}.B" : "", "", h, c],
            ["", $"{name}NewH", $"{name}NewC"],
            Int("hidden_size", units));
        _graph.Node("MatMul", [$"{name}NewH", $"{name}.V"], [$"{name}Product"]);
        string sum = $"{name}Product";
        if (weights.HasSkip)
        {
            _graph.Node("MatMul", [x, $"{name}.D"], [$"{name}Direct"]);
            _graph.Node("Add", [sum, $"{name}Direct"], [$"{name}Joined"]);
            sum = $"{name}Joined";
        }

        if (weights.HasBias)
        {
            _graph.Node("Add", [sum, $"{name}.v"], [$"{name}Sum"]);
            sum = $"{name}Sum";
        }

        _graph.Node("Reshape", [sum, shape], [$"{name}Output"]);
    }

    // Computes |1 + o| √(d / Σ (1 + o)²), or 1 if all |1 + o| are 0.
    private void Rescale(string offset)
    {
        _graph.Floats("zero", [1, 1], 0);
        _graph.Node("Add", [offset, "one"], ["signed"]);
        _graph.Node("Abs", ["signed"], ["magnitude"]);
        _graph.Node("ReduceSumSquare", ["signed"], ["squares"], Ints("axes", 1), Int("keepdims", 1));
        _graph.Node("Gather", ["shape", "last"], ["dimension"]);
        _graph.Node("Cast", ["dimension"], ["d"], Int("to", (int)DataType.Float));
        _graph.Node("Div", ["d", "squares"], ["ratio"]);
        _graph.Node("Sqrt", ["ratio"], ["factor"]);
        _graph.Node("Mul", ["magnitude", "factor"], ["rescaled"]);
        _graph.Node("Greater", ["squares", "zero"], ["hasLength"]);
        _graph.Node("Where", ["hasLength", "rescaled", "one"], [Deviation]);
    }
}
