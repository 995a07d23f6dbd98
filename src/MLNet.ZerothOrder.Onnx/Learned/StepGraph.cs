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

    private readonly Graph _graph = new() { Name = Name };

    private StepGraph(LearnedModel model)
    {
        int h = model.Hidden;
        int width = StateWidth(model);
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

    /// <summary>The graph of a model.</summary>
    public static Graph Of(LearnedModel model) => new StepGraph(model)._graph;

    /// <summary>Weight tensors of a network and their shapes, in a file's order.</summary>
    public static (string Name, int[] Shape)[] Tensors(string network, int inputs, int hidden, bool hasBias)
    {
        (string, int[]) w = ($"{network}.W", [1, 4 * hidden, inputs]);
        (string, int[]) r = ($"{network}.R", [1, 4 * hidden, hidden]);
        (string, int[]) v = ($"{network}.V", [hidden, 1]);
        return hasBias ? [w, r, ($"{network}.B", [1, 8 * hidden]), v, ($"{network}.v", [1])] : [w, r, v];
    }

    private void Network(string name, RnnWeights weights, string x, string h, string c)
    {
        int units = weights.Hidden;
        float[][] values =
        [
            LstmGates.ToOnnx(weights.InputWeights),
            LstmGates.ToOnnx(weights.RecurrentWeights),

            // ONNX has one bias for the inputs and one for the recurrence, and adds them.
            [.. LstmGates.ToOnnx(weights.GateBiases), .. new float[weights.HasBias ? 4 * units : 0]],
            weights.OutputWeights.ToArray(),
            weights.OutputBiases.ToArray(),
        ];
        if (!weights.HasBias)
        {
            values = [values[0], values[1], values[3]];
        }

        (string Name, int[] Shape)[] tensors = Tensors(name, weights.Inputs, units, weights.HasBias);
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
        if (weights.HasBias)
        {
            sum = $"{name}Sum";
            Node("Add", [$"{name}Product", $"{name}.v"], [sum]);
        }

        Node("Reshape", [sum, "shape"], [$"{name}Output"]);
    }

    // |1 + o| √(d / Σ (1 + o)²), and 1 where all of it is 0.
    private void Rescale(string offset)
    {
        Floats("zero", [1, 1], 0);
        Node("Add", [offset, "one"], ["signed"]);
        Node("Abs", ["signed"], ["magnitude"]);
        Node("ReduceSumSquare", ["signed"], ["squares"], new GraphAttribute { Name = "axes", Type = GraphAttribute.Types.Type.Ints, Ints = { 1 } }, Int("keepdims", 1));
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
