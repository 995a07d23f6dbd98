using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Writes small ONNX models, so that every variant an oracle must take or refuse can be made in a test.</summary>
internal sealed class OnnxWriter
{
    public const int Float32 = 1, UInt8 = 2, Int8 = 3, Int32 = 6, Int64 = 7, Bool = 9, Float16 = 10, Double = 11;

    private readonly ProtoWriter _graph = new();
    private readonly List<(string Key, string Value)> _metadata = [];
    private bool _usesMl;

    public long IrVersion { get; set; } = 8;

    public long Opset { get; set; } = 17;

    /// <summary>Adds an operator, of <c>ai.onnx.ml</c> where its name has that before it; an attribute is a long, a long[], a float, a text, texts, a list of floats, or a tensor of floats.</summary>
    public OnnxWriter Node(string type, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs)
        {
            node.Text(1, input);
        }

        foreach (string output in outputs)
        {
            node.Text(2, output);
        }

        const string Ml = "ai.onnx.ml.";
        bool isMl = type.StartsWith(Ml, StringComparison.Ordinal);
        node.Text(4, isMl ? type[Ml.Length..] : type);
        if (isMl)
        {
            _usesMl = true;
            node.Text(7, Ml[..^1]);
        }

        foreach (var (name, value) in attributes)
        {
            var attribute = new ProtoWriter().Text(1, name);
            switch (value)
            {
                case long number:
                    attribute.Int64(3, number).Int64(20, 2);
                    break;
                case float number:
                    attribute.Float(2, number).Int64(20, 1);
                    break;
                case long[] numbers:
                    foreach (long number in numbers)
                    {
                        attribute.Int64(8, number);
                    }

                    attribute.Int64(20, 7);
                    break;
                case string text:
                    attribute.Text(4, text).Int64(20, 3);
                    break;
                case string[] texts:
                    foreach (string text in texts)
                    {
                        attribute.Text(9, text);
                    }

                    attribute.Int64(20, 8);
                    break;
                case List<float> numbers:
                    foreach (float number in numbers)
                    {
                        attribute.Float(7, number);
                    }

                    attribute.Int64(20, 6);
                    break;
                case float[] numbers:
                    attribute.Message(5, Tensor("", [numbers.Length], numbers)).Int64(20, 4);
                    break;
                default:
                    throw new ArgumentException($"An attribute of type {value.GetType()} is not written here.", nameof(attributes));
            }

            node.Message(5, attribute);
        }

        _graph.Message(1, node);
        return this;
    }

    public OnnxWriter Constant(string name, long[] dims, params float[] values)
    {
        _graph.Message(5, Tensor(name, dims, values));
        return this;
    }

    public OnnxWriter Halves(string name, long[] dims, params float[] values)
    {
        var halves = Array.ConvertAll(values, v => (Half)v);
        _graph.Message(5, Tensor(name, dims, Float16, MemoryMarshal.AsBytes<Half>(halves)));
        return this;
    }

    /// <summary>A constant of any type: its bytes as they lie in memory.</summary>
    public OnnxWriter Raw<T>(string name, int type, long[] dims, params T[] values)
        where T : unmanaged
    {
        _graph.Message(5, Tensor(name, dims, type, MemoryMarshal.AsBytes<T>(values)));
        return this;
    }

    public OnnxWriter Integers(string name, params long[] values)
    {
        _graph.Message(5, Tensor(name, [values.Length], Int64, MemoryMarshal.AsBytes<long>(values)));
        return this;
    }

    /// <summary>A constant whose values are in another file.</summary>
    public OnnxWriter External(string name, long[] dims, string location)
    {
        var tensor = new ProtoWriter();
        foreach (long dim in dims)
        {
            tensor.Int64(1, dim);
        }

        tensor.Int64(2, Float32).Text(8, name).Message(13, new ProtoWriter().Text(1, "location").Text(2, location)).Int64(14, 1);
        _graph.Message(5, tensor);
        return this;
    }

    /// <summary>An input; a dimension is a long, or a string for an open one.</summary>
    public OnnxWriter Input(string name, int type, params object[] dims)
    {
        _graph.Message(11, Value(name, type, dims));
        return this;
    }

    public OnnxWriter Output(string name, int type, params object[] dims)
    {
        _graph.Message(12, Value(name, type, dims));
        return this;
    }

    /// <summary>An output that a ZipMap gives: a list of dictionaries from integers to floats.</summary>
    public OnnxWriter Dictionaries(string name)
    {
        var map = new ProtoWriter().Int64(1, Int64).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Int64(1, Float32)));
        var sequence = new ProtoWriter().Message(1, new ProtoWriter().Message(5, map));
        _graph.Message(12, new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(4, sequence)));
        return this;
    }

    public OnnxWriter Metadata(string key, string value)
    {
        _metadata.Add((key, value));
        return this;
    }

    /// <summary>Adds the operators and the weights of a model's file, with its input and its output under other names of equal length.</summary>
    public OnnxWriter Body(string path, params (string Name, string NewName)[] names)
    {
        foreach ((int field, byte[] graph) in ProtoWriter.Fields(File.ReadAllBytes(path)).Where(f => f.Field == 7))
        {
            foreach ((int part, byte[] content) in ProtoWriter.Fields(graph).Where(f => f.Field is 1 or 5))
            {
                byte[] renamed = content;
                foreach ((string name, string newName) in names)
                {
                    renamed = Renamed(renamed, name, newName);
                }

                _graph.Bytes(part, renamed);
            }
        }

        return this;
    }

    public byte[] ToArray()
    {
        var model = new ProtoWriter().Int64(1, IrVersion).Text(2, "tiny").Text(3, "1.0");
        model.Message(7, new ProtoWriter().Append(_graph).Text(2, "graph"));
        model.Message(8, new ProtoWriter().Text(1, "").Int64(2, Opset));
        if (_usesMl)
        {
            model.Message(8, new ProtoWriter().Text(1, "ai.onnx.ml").Int64(2, 1));
        }

        foreach (var (key, value) in _metadata)
        {
            model.Message(14, new ProtoWriter().Text(1, key).Text(2, value));
        }

        return model.ToArray();
    }

    public string Save(string path)
    {
        File.WriteAllBytes(path, ToArray());
        return path;
    }

    // A name stands behind its length.
    private static byte[] Renamed(byte[] content, string name, string newName)
    {
        byte[] old = [(byte)name.Length, .. Encoding.UTF8.GetBytes(name)], next = [(byte)newName.Length, .. Encoding.UTF8.GetBytes(newName)];
        byte[] renamed = [.. content];
        for (int at = renamed.AsSpan().IndexOf(old); at >= 0; at = renamed.AsSpan().IndexOf(old))
        {
            next.CopyTo(renamed, at);
        }

        return renamed;
    }

    private static ProtoWriter Value(string name, int type, object[] dims)
    {
        var shape = new ProtoWriter();
        foreach (object dim in dims)
        {
            shape.Message(1, dim is string open ? new ProtoWriter().Text(2, open) : new ProtoWriter().Int64(1, Convert.ToInt64(dim)));
        }

        var tensor = new ProtoWriter().Int64(1, type).Message(2, shape);
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, tensor));
    }

    private static ProtoWriter Tensor(string name, long[] dims, float[] values) => Tensor(name, dims, Float32, MemoryMarshal.AsBytes<float>(values));

    private static ProtoWriter Tensor(string name, long[] dims, int type, ReadOnlySpan<byte> raw)
    {
        var tensor = new ProtoWriter();
        foreach (long dim in dims)
        {
            tensor.Int64(1, dim);
        }

        return tensor.Int64(2, type).Text(8, name).Bytes(9, raw);
    }
}
