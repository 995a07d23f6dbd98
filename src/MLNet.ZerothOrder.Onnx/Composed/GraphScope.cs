using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;
using GraphAttribute = MLNet.ZerothOrder.OnnxSchema.Attribute;

namespace MLNet.ZerothOrder;

/// <summary>
/// Operators added to a graph as one writes an expression: each gives the name of its result. All names begin with one prefix, and only operators
/// are written that mean the same in every version from 11 on, or that are written as the version has them.
/// </summary>
/// <param name="graph">Where operators go.</param>
/// <param name="prefix">What nothing else in the model begins with.</param>
/// <param name="opset">The version of the model's operators.</param>
internal sealed class GraphScope(GraphBuilder graph, string prefix, long opset)
{
    public const long OldestOpset = 11;

    private readonly HashSet<string> _constants = [];
    private int _results;

    /// <summary>The graph so far.</summary>
    public Graph Graph => graph.Graph;

    /// <summary>A name of this scope's own.</summary>
    public string Name(string name) => prefix + name;

    /// <summary>Adds an operator.</summary>
    public string Op(string type, params string[] inputs) => Op(type, inputs, []);

    /// <summary>Adds an operator with attributes.</summary>
    public string Op(string type, string[] inputs, params GraphAttribute[] attributes)
    {
        string result = Name((++_results).ToString(CultureInfo.InvariantCulture));
        graph.Node(type, inputs, [result], attributes);
        return result;
    }

    /// <summary>Adds an operator whose result has a name already.</summary>
    public string Into(string result, string type, string[] inputs, params GraphAttribute[] attributes)
    {
        graph.Node(type, inputs, [result], attributes);
        return result;
    }

    public string Cast(string x, Tensor.Types.DataType type) => Op("Cast", [x], GraphBuilder.Int("to", (long)type));

    /// <summary>The same numbers in another shape; −1 is what is left over.</summary>
    public string Reshape(string x, params long[] shape) => Op("Reshape", x, Integers(shape));

    /// <summary>Elements from..to of one axis.</summary>
    public string Slice(string x, int axis, long from, long to) => Op("Slice", x, Integers(from), Integers(to), Integers(axis));

    /// <summary>Totals, or largest elements, over one axis, which is then gone.</summary>
    public string Reduce(string type, string x, int axis)
    {
        // The axes became an input with version 13 for sums, with version 18 for all others.
        GraphAttribute gone = GraphBuilder.Int("keepdims", 0);
        return opset >= (type == "ReduceSum" ? 13 : 18) ? Op(type, [x, Integers(axis)], gone) : Op(type, [x], GraphBuilder.Ints("axes", axis), gone);
    }

    /// <summary>A float that goes with any shape.</summary>
    public string Float(float value) => Floats([1], value);

    public string Floats(int[] shape, params float[] values) =>
        Constant($"f{Key(shape, values)}", name => graph.Floats(name, shape, values));

    public string Double(double value) => Doubles([1], value);

    public string Doubles(int[] shape, params double[] values) =>
        Constant($"d{Key(shape, values)}", name => graph.Doubles(name, shape, values));

    public string Integers(params long[] values) =>
        Constant($"i{Key([values.Length], values)}", name => graph.Integers(name, values));

    public string Word(uint value) => Constant($"w{value:x}", name => graph.Words(name, [1], value));

    /// <summary>A table of words under a name that says what it holds.</summary>
    public string Words(string what, int[] shape, Func<int, uint> value) => Constant(what, name =>
        graph.Words(name, shape, [.. Enumerable.Range(0, shape.Aggregate(1, (product, dim) => product * dim)).Select(value)]));

    private static string Key<T>(int[] shape, T[] values)
        where T : IFormattable =>
        $"{string.Join('x', shape)}:{string.Join(',', values.Select(v => v.ToString(null, CultureInfo.InvariantCulture)))}";

    private string Constant(string what, Action<string> write)
    {
        string name = Name(what);
        if (_constants.Add(name))
        {
            write(name);
        }

        return name;
    }
}
