using System.Buffers.Binary;
using MLNet.ZerothOrder.OnnxSchema;
using GraphAttribute = MLNet.ZerothOrder.OnnxSchema.Attribute;

namespace MLNet.ZerothOrder;

/// <summary>Builds an ONNX graph node by node.</summary>
internal sealed class GraphBuilder(string name)
{
    // Every current ONNX Runtime and Debian's onnx checker support these versions.
    public const int Opset = 17;
    public const int IrVersion = 8;

    /// <summary>The graph so far.</summary>
    public Graph Graph { get; } = new() { Name = name };

    /// <summary>The graph as a model without metadata.</summary>
    public static Model Model(Graph graph) => new()
    {
        IrVersion = IrVersion,
        ProducerName = "MLNet.ZerothOrder",
        Graph = graph,
        OpsetImport = [new OperatorSet { Version = Opset }],
    };

    public static GraphAttribute Int(string name, long value) =>
        new() { Name = name, Type = AttributeType.Int, I = value };

    public static GraphAttribute Ints(string name, params long[] values) =>
        new() { Name = name, Type = AttributeType.Ints, Ints = [.. values] };

    /// <summary>The declaration of a float input or output. Dimensions are numbers, or names if they vary.</summary>
    public static ValueInfo Value(string name, params object[] dims) => Value(DataType.Float, name, dims);

    /// <summary>The declaration of an input or output.</summary>
    public static ValueInfo Value(DataType type, string name, params object[] dims)
    {
        var shape = new TensorShape { Dim = [.. dims.Select(dim => dim is string symbol ? new Dimension { DimParam = symbol } : new Dimension { DimValue = (int)dim })] };

        return new ValueInfo
        {
            Name = name,
            Type = new ValueKind { TensorType = new TensorType { ElemType = type, Shape = shape } },
        };
    }

    /// <summary>Adds a node, named after its last output.</summary>
    public void Node(string type, string[] inputs, string[] outputs, params GraphAttribute[] attributes) =>
        Graph.Node.Add(new Node { OpType = type, Name = outputs[^1], Input = [.. inputs], Output = [.. outputs], Attribute = [.. attributes] });

    /// <summary>Adds a float input. Dimensions are numbers, or names if they vary.</summary>
    public void Input(string name, params object[] dims) => Graph.Input.Add(Value(name, dims));

    /// <summary>Adds a float output. Dimensions are numbers, or names if they vary.</summary>
    public void Output(string name, params object[] dims) => Graph.Output.Add(Value(name, dims));

    public void Integers(string name, params long[] values)
    {
        var bytes = new byte[8 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * i), values[i]);
        }

        Constant(name, DataType.Int64, [values.Length], bytes);
    }

    public void Floats(string name, int[] shape, params ReadOnlySpan<float> values)
    {
        var bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
        }

        Constant(name, DataType.Float, shape, bytes);
    }

    public void Doubles(string name, int[] shape, params ReadOnlySpan<double> values)
    {
        var bytes = new byte[8 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i]);
        }

        Constant(name, DataType.Double, shape, bytes);
    }

    public void Words(string name, int[] shape, params ReadOnlySpan<uint> values)
    {
        var bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), values[i]);
        }

        Constant(name, DataType.Uint32, shape, bytes);
    }

    private void Constant(string name, DataType type, int[] shape, byte[] bytes)
    {
        Graph.Initializer.Add(new Tensor { Name = name, DataType = type, RawData = bytes, Dims = [.. shape.Select(dim => (long)dim)] });
    }
}
