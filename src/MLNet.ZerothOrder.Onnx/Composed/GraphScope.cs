using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;
using GraphAttribute = MLNet.ZerothOrder.OnnxSchema.Attribute;

namespace MLNet.ZerothOrder;

/// <summary>
/// Adds operators to a graph like expressions: each method returns the name of its result. All names start with one prefix. Only operators
/// are used that have the same meaning in every opset from 11 on, or that are written as the opset requires.
/// </summary>
/// <param name="graph">The graph that operators are added to.</param>
/// <param name="prefix">A prefix that no other name of the model starts with.</param>
/// <param name="opset">The opset of the model.</param>
internal sealed class GraphScope(GraphBuilder graph, string prefix, long opset)
{
    public const long OldestOpset = 11;

    private readonly HashSet<string> _constants = [];
    private int _results;

    /// <summary>The graph so far.</summary>
    public Graph Graph => graph.Graph;

    /// <summary>A name with the prefix of this scope.</summary>
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

    /// <summary>Adds an operator whose result has a given name.</summary>
    public string Into(string result, string type, string[] inputs, params GraphAttribute[] attributes)
    {
        graph.Node(type, inputs, [result], attributes);
        return result;
    }

    public string Cast(string x, DataType type) => Op("Cast", [x], GraphBuilder.Int("to", (long)type));

    /// <summary>Reshapes; −1 stands for the remaining dimension.</summary>
    public string Reshape(string x, params long[] shape) => Op("Reshape", x, Integers(shape));

    /// <summary>Elements from..to of one axis.</summary>
    public string Slice(string x, int axis, long from, long to) => Op("Slice", x, Integers(from), Integers(to), Integers(axis));

    /// <summary>Reduces one axis, which is removed, to its sum or maximum.</summary>
    public string Reduce(string type, string x, int axis)
    {
        // The axes are an input instead of an attribute from opset 13 on for sums, from opset 18 on for all others.
        GraphAttribute gone = GraphBuilder.Int("keepdims", 0);
        return opset >= (type == "ReduceSum" ? 13 : 18) ? Op(type, [x, Integers(axis)], gone) : Op(type, [x], GraphBuilder.Ints("axes", axis), gone);
    }

    /// <summary>A float constant that broadcasts to any shape.</summary>
    public string Float(float value) => Floats([1], value);

    public string Floats(int[] shape, params float[] values) =>
        Constant($"f{Key(shape, values)}", name => graph.Floats(name, shape, values));

    public string Double(double value) => Doubles([1], value);

    public string Doubles(int[] shape, params double[] values) =>
        Constant($"d{Key(shape, values)}", name => graph.Doubles(name, shape, values));

    public string Integers(params long[] values) =>
        Constant($"i{Key([values.Length], values)}", name => graph.Integers(name, values));

    public string Word(uint value) => Constant($"w{value:x}", name => graph.Words(name, [1], value));

    /// <summary>A table of words under a descriptive name.</summary>
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
