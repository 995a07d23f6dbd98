using System.Buffers.Binary;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Indexes the operators of a graph by their outputs and inputs, and its constants by name.</summary>
internal sealed class GraphIndex
{
    private const int MostValues = 64;

    private readonly Dictionary<string, Tensor> _constants = [];
    private readonly Dictionary<string, Node> _producers = [];
    private readonly ILookup<string, Node> _consumers;

    public GraphIndex(Graph graph)
    {
        Graph = graph;
        foreach (Tensor tensor in graph.Initializer)
        {
            _constants[tensor.Name] = tensor;
        }

        foreach (Node node in graph.Node)
        {
            foreach (string output in node.Output)
            {
                _producers[output] = node;
            }

            if (node is { OpType: "Constant", Output.Count: 1 } && node.Attribute.FirstOrDefault(attribute => attribute.T is not null)?.T is { } value)
            {
                _constants[node.Output[0]] = value;
            }
        }

        _consumers = graph.Node.SelectMany(node => node.Input.Where(input => input.Length > 0).Distinct(), (node, input) => (node, input)).ToLookup(pair => pair.input, pair => pair.node);
    }

    public Graph Graph { get; }

    /// <summary>The operator that writes a tensor; null for inputs and initializers.</summary>
    public Node? Producer(string tensor) => _producers.GetValueOrDefault(tensor);

    /// <summary>The operators that read a tensor.</summary>
    public IEnumerable<Node> Consumers(string tensor) => _consumers[tensor];

    /// <summary>These tensors, and all that they are computed from.</summary>
    public HashSet<string> Behind(IEnumerable<string> tensors)
    {
        HashSet<string> needed = [];
        var open = new Stack<string>(tensors);
        while (open.TryPop(out string? tensor))
        {
            if (needed.Add(tensor) && Producer(tensor) is { } node)
            {
                foreach (string read in GraphNames.Read(node))
                {
                    open.Push(read);
                }
            }
        }

        return needed;
    }

    /// <summary>Whether a tensor is an initializer or the value of a Constant.</summary>
    public bool IsConstant(string tensor) => _constants.ContainsKey(tensor);

    /// <summary>The numbers of a constant; null if the tensor is not a constant, is empty, or has more than 64 numbers.</summary>
    public double[]? Values(string tensor)
    {
        if (!_constants.TryGetValue(tensor, out Tensor? constant))
        {
            return null;
        }

        long count = 1;
        foreach (long dim in constant.Dims)
        {
            count = dim is >= 0 and <= MostValues ? count * dim : long.MaxValue;
            if (count > MostValues)
            {
                return null;
            }
        }

        if (count == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> raw = constant.RawData.Span;
        var values = new double[count];
        for (int i = 0; i < values.Length; i++)
        {
            double? value = (constant.DataType, raw.Length / count) switch
            {
                (DataType.Float, 4) => BinaryPrimitives.ReadSingleLittleEndian(raw[(4 * i)..]),
                (DataType.Float16, 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(raw[(2 * i)..]),
                (DataType.Double, 8) => BinaryPrimitives.ReadDoubleLittleEndian(raw[(8 * i)..]),
                (DataType.Int64, 8) => BinaryPrimitives.ReadInt64LittleEndian(raw[(8 * i)..]),
                (DataType.Int32, 4) => BinaryPrimitives.ReadInt32LittleEndian(raw[(4 * i)..]),
                (DataType.Bool or DataType.Uint8, 1) => raw[i],
                (DataType.Float, 0) when constant.FloatData.Count == count => constant.FloatData[i],
                (DataType.Double, 0) when constant.DoubleData.Count == count => constant.DoubleData[i],
                (DataType.Int64, 0) when constant.Int64Data.Count == count => constant.Int64Data[i],
                (DataType.Int32 or DataType.Bool or DataType.Uint8, 0) when constant.Int32Data.Count == count => constant.Int32Data[i],
                _ => null,
            };
            if (value is null)
            {
                return null;
            }

            values[i] = value.Value;
        }

        return values;
    }
}
