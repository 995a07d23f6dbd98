using System.Buffers.Binary;
using Google.Protobuf;
using MLNet.ZerothOrder.OnnxSchema;
using GraphAttribute = MLNet.ZerothOrder.OnnxSchema.Attribute;

namespace MLNet.ZerothOrder;

/// <summary>
/// The graph <c>step</c> of a learned optimizer for P problems of d coordinates:
/// inputs <c>gradient [P,d]</c>, <c>state [P,d,S]</c>, <c>scale [P]</c> and, with a QueryRNN, <c>appliedUpdate [P,d]</c> (the update
/// that is applied in place of this step's, NaN where it is this step's); outputs <c>update [P,d]</c>, <c>deviation [P,d]</c>, already
/// rescaled per problem, and <c>newState [P,d,S]</c>. A coordinate's state is h and c of UpdateRNN, then those of QueryRNN.
/// For the network of a proximal step: inputs <c>features [P,I,d]</c> and <c>state [P,d,S]</c>; outputs <c>outputs [P,K,d]</c> and <c>newState [P,d,S]</c>.
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

    private readonly Graph _graph = new() { Name = Name };

    private StepGraph(LearnedModel model)
    {
        int h = model.Hidden;
        int width = StateWidth(model);
        if (model.Kind == LearnedKind.Proximal)
        {
            Proximal(model.Update, width);
            return;
        }

        Input(_graph.Input, Gradient, "P", "d");
        Input(_graph.Input, State, "P", "d", width);
        Input(_graph.Input, Scale, "P");
        if (model.Query is not null)
        {
            Input(_graph.Input, AppliedUpdate, "P", "d");
        }

        // Coordinates are the LSTM's batch, its sequence has one element.
        Integers("coordinates", 1, -1, 1);
        Integers("coordinateStates", 1, -1, width);
        Integers("parts", [.. Enumerable.Repeat((long)h, width / h)]);
        Integers("last", 1);
        Floats("one", [1, 1], 1);
        Node("Shape", [Gradient], ["shape"]);
        Node("Shape", [State], ["stateShape"]);
        Node("Reshape", [Gradient, "coordinates"], ["x"]);
        Node("Reshape", [State, "coordinateStates"], ["states"]);
        Node("Split", ["states", "parts"], model.Query is null ? ["h", "c"] : ["h", "c", "queryH", "queryC"], Int("axis", 2));

        Network("update", model.Update, "x", "h", "c");
        Node("Unsqueeze", [Scale, "last"], ["scales"]);
        Node("Mul", ["updateOutput", "scales"], [Update]);
        if (model.Query is null)
        {
            Node("Expand", ["one", "shape"], [Deviation]);
            Node("Concat", ["updateNewH", "updateNewC"], ["newStates"], Int("axis", 2));
        }
        else
        {
            Node("IsNaN", [AppliedUpdate], ["isOwn"]);
            Node("Where", ["isOwn", Update, AppliedUpdate], ["applied"]);
            Node("Reshape", ["applied", "coordinates"], ["y"]);
            Node("Concat", ["x", "y"], ["queryX"], Int("axis", 2));
            Network("query", model.Query, "queryX", "queryH", "queryC");
            Rescale("queryOutput");
            Node("Concat", ["updateNewH", "updateNewC", "queryNewH", "queryNewC"], ["newStates"], Int("axis", 2));
        }

        Node("Reshape", ["newStates", "stateShape"], [NewState]);
        Input(_graph.Output, Update, "P", "d");
        Input(_graph.Output, Deviation, "P", "d");
        Input(_graph.Output, NewState, "P", "d", width);
    }

    /// <summary>S: floats of state per coordinate.</summary>
    public static int StateWidth(LearnedModel model) => (model.Query is null ? 2 : 4) * model.Hidden;

    /// <summary>The inputs of a model's graph.</summary>
    public static string[] Inputs(LearnedKind kind, bool hasQuery) => kind == LearnedKind.Proximal
        ? [Features, State]
        : hasQuery ? [Gradient, State, Scale, AppliedUpdate] : [Gradient, State, Scale];

    /// <summary>The graph of a model.</summary>
    public static Graph Of(LearnedModel model) => new StepGraph(model)._graph;

    /// <summary>Weight tensors of a network and their shapes, in a file's order.</summary>
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

    /// <summary>Rows of K numbers as columns; the same the other way round.</summary>
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
        Input(_graph.Input, Features, "P", weights.Inputs, "d");
        Input(_graph.Input, State, "P", "d", width);
        Integers("coordinates", 1, -1, weights.Inputs);
        Integers("coordinateStates", 1, -1, width);
        Integers("parts", h, h);
        Integers("firstTwo", 0, 1);
        Integers("outputCount", weights.Outputs);
        Node("Shape", [State], ["stateShape"]);
        Node("Transpose", [Features], ["byCoordinate"], Ints("perm", 0, 2, 1));
        Node("Reshape", ["byCoordinate", "coordinates"], ["x"]);
        Node("Reshape", [State, "coordinateStates"], ["states"]);
        Node("Split", ["states", "parts"], ["h", "c"], Int("axis", 2));
        Node("Gather", ["stateShape", "firstTwo"], ["problemsAndCoordinates"]);
        Node("Concat", ["problemsAndCoordinates", "outputCount"], ["shape"], Int("axis", 0));
        Network("update", weights, "x", "h", "c");
        Node("Transpose", ["updateOutput"], [Outputs], Ints("perm", 0, 2, 1));
        Node("Concat", ["updateNewH", "updateNewC"], ["newStates"], Int("axis", 2));
        Node("Reshape", ["newStates", "stateShape"], [NewState]);
        Input(_graph.Output, Outputs, "P", weights.Outputs, "d");
        Input(_graph.Output, NewState, "P", "d", width);
    }

    private void Network(string name, RnnWeights weights, string x, string h, string c)
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
            Floats(tensors[i].Name, tensors[i].Shape, values[i]);
        }

        Node(
            "LSTM",
            [x, $"{name}.W", $"{name}.R", weights.HasBias ? $"{name}.B" : "", "", h, c],
            ["", $"{name}NewH", $"{name}NewC"],
            Int("hidden_size", units));
        Node("MatMul", [$"{name}NewH", $"{name}.V"], [$"{name}Product"]);
        string sum = $"{name}Product";
        if (weights.HasSkip)
        {
            Node("MatMul", [x, $"{name}.D"], [$"{name}Direct"]);
            Node("Add", [sum, $"{name}Direct"], [$"{name}Joined"]);
            sum = $"{name}Joined";
        }

        if (weights.HasBias)
        {
            Node("Add", [sum, $"{name}.v"], [$"{name}Sum"]);
            sum = $"{name}Sum";
        }

        Node("Reshape", [sum, "shape"], [$"{name}Output"]);
    }

    // |1 + o| √(d / Σ (1 + o)²), and 1 where all of it is 0.
    private void Rescale(string offset)
    {
        Floats("zero", [1, 1], 0);
        Node("Add", [offset, "one"], ["signed"]);
        Node("Abs", ["signed"], ["magnitude"]);
        Node("ReduceSumSquare", ["signed"], ["squares"], Ints("axes", 1), Int("keepdims", 1));
        Node("Gather", ["shape", "last"], ["dimension"]);
        Node("Cast", ["dimension"], ["d"], Int("to", (int)Tensor.Types.DataType.Float));
        Node("Div", ["d", "squares"], ["ratio"]);
        Node("Sqrt", ["ratio"], ["factor"]);
        Node("Mul", ["magnitude", "factor"], ["rescaled"]);
        Node("Greater", ["squares", "zero"], ["hasLength"]);
        Node("Where", ["hasLength", "rescaled", "one"], [Deviation]);
    }

    private void Node(string type, string[] inputs, string[] outputs, params GraphAttribute[] attributes) =>
        _graph.Node.Add(new Node { OpType = type, Name = outputs[^1], Input = { inputs }, Output = { outputs }, Attribute = { attributes } });

    private static GraphAttribute Int(string name, long value) =>
        new() { Name = name, Type = GraphAttribute.Types.Type.Int, I = value };

    private static GraphAttribute Ints(string name, params long[] values) =>
        new() { Name = name, Type = GraphAttribute.Types.Type.Ints, Ints = { values } };

    private static void Input(ICollection<ValueInfo> list, string name, params object[] dims)
    {
        var shape = new TensorShape();
        foreach (object dim in dims)
        {
            shape.Dim.Add(dim is string symbol ? new Dimension { DimParam = symbol } : new Dimension { DimValue = (int)dim });
        }

        list.Add(new ValueInfo
        {
            Name = name,
            Type = new ValueKind { TensorType = new TensorType { ElemType = Tensor.Types.DataType.Float, Shape = shape } },
        });
    }

    private void Integers(string name, params long[] values)
    {
        var bytes = new byte[8 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * i), values[i]);
        }

        Constant(name, Tensor.Types.DataType.Int64, [values.Length], bytes);
    }

    private void Floats(string name, int[] shape, params float[] values)
    {
        var bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
        }

        Constant(name, Tensor.Types.DataType.Float, shape, bytes);
    }

    private void Constant(string name, Tensor.Types.DataType type, int[] shape, byte[] bytes)
    {
        var tensor = new Tensor { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes) };
        foreach (int dim in shape)
        {
            tensor.Dims.Add(dim);
        }

        _graph.Initializer.Add(tensor);
    }
}
