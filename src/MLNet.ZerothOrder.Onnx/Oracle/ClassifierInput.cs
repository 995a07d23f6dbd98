using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The only input of a classifier, interpreted as images.</summary>
internal sealed class ClassifierInput
{
    private readonly ImageAxes _axes;

    private ClassifierInput(string name, OnnxElementType type, string shape, ImageAxes axes)
    {
        Name = name;
        Type = type;
        Shape = shape;
        _axes = axes;
    }

    public string Name { get; }

    public OnnxElementType Type { get; }

    /// <summary>The shape as declared, for messages.</summary>
    public string Shape { get; }

    public ImageLayout Layout => _axes.Layout;

    /// <summary>The reason for the layout and the size, as one sentence.</summary>
    public string Reason => _axes.Reason;

    public ImageShape Image => _axes.Image;

    /// <summary>The number of rows that the declared shape requires; null for any number.</summary>
    public int? FixedRows => _axes.FixedRows;

    /// <summary>The shape of a tensor with this many rows.</summary>
    public long[] Dims(int rows) => _axes.Dims(rows);

    /// <summary>Interprets the input of a model.</summary>
    /// <exception cref="InputException">There are several inputs, the input does not hold images, or its size is open and the options do not give it.</exception>
    public static ClassifierInput Read(string path, InferenceSession session, OnnxOracleOptions options)
    {
        if (session.InputNames.Count != 1)
        {
            throw new InputException(
                $"Model '{path}' has {session.InputNames.Count} inputs ({string.Join(", ", session.InputNames)}); give a model whose only input is images.");
        }

        string name = session.InputNames[0];
        var metadata = session.InputMetadata[name];
        if (!metadata.IsTensor)
        {
            throw new InputException($"Model '{path}' has the input '{name}' of type {metadata.OnnxValueType}, which is not a tensor; give a model that takes images.");
        }

        var type = metadata.ElementDataType switch
        {
            TensorElementType.Float => OnnxElementType.Float32,
            TensorElementType.Float16 => OnnxElementType.Float16,
            TensorElementType.UInt8 => OnnxElementType.UInt8,
            TensorElementType.Double => OnnxElementType.Float64,
            var other => throw new InputException(
                $"Model '{path}' takes '{name}' as {other.ToString().ToLowerInvariant()}; export it with a float32, float64, float16 or uint8 input."),
        };
        int[] dims = metadata.Dimensions;
        string shape = ShapeText(dims, metadata.SymbolicDimensions);
        return new ClassifierInput(name, type, shape, ImageAxes.Read($"Model '{path}' takes '{name}' of shape {shape}", dims, options.Layout, options.Image));
    }

    private static string ShapeText(int[] dims, string[] names) =>
        $"[{string.Join(", ", dims.Select((dim, i) => dim >= 0 ? dim.ToString(CultureInfo.InvariantCulture) : names[i].Length > 0 ? names[i] : "?"))}]";
}
