using Microsoft.ML.OnnxRuntime.Tensors;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Chooses the output with a classifier's scores.</summary>
internal static class ClassifierOutput
{
    // Usual names in exported models, the most reliable first. The first word that matches exactly one output decides.
    private static readonly string[] Names = ["logit", "output", "prob", "score", "pred"];

    // Names of outputs that stand beside scores.
    private static readonly string[] Others = ["embed", "feature", "hidden", "pool", "attention", "latent", "representation", "aux", "label"];

    /// <summary>Chooses the output with the scores.</summary>
    /// <exception cref="InputException">No output can be the scores, or several could.</exception>
    public static string Pick(string path, GraphIndex graph, string? asked)
    {
        IReadOnlyList<ValueInfo> outputs = graph.Graph.Output;
        if (asked is not null)
        {
            return outputs.Any(output => output.Name == asked && IsFloat(graph, output))
                ? asked
                : throw new InputException($"Model '{path}' has no float output '{asked}'; it has {Describe(outputs)}, so name one of those.") { Argument = "Output" };
        }

        ValueInfo[] left = [.. outputs.Where(output => IsFloat(graph, output))];
        if (left.Length == 0)
        {
            throw new InputException($"Model '{path}' has no float output but {Describe(outputs)}; export it with its class scores as a float tensor.");
        }

        Keep(output => Rank(output) is 2);
        Keep(output => !Others.Any(word => output.Name.Contains(word, StringComparison.OrdinalIgnoreCase)));
        Keep(output => output.Type?.TensorType?.Shape is not { Dim: [.., { DimValue: 1 }] });
        KeepOne(output => output.Name.Contains(Names[0], StringComparison.OrdinalIgnoreCase));
        KeepOne(output => new ScoreCut(graph, "").Before(output.Name) is not null);
        foreach (string word in Names)
        {
            KeepOne(output => output.Name.Contains(word, StringComparison.OrdinalIgnoreCase));
        }

        return left.Length == 1 ? left[0].Name : throw new InputException(
            $"Model '{path}' has {left.Length} outputs that could be the scores ({string.Join(", ", left.Select(output => output.Name))}); export it with one, or name the output.") { Argument = "Output" };

        void Keep(Func<ValueInfo, bool> isLikely)
        {
            if (left.Length > 1 && left.Where(isLikely).ToArray() is { Length: > 0 } likely)
            {
                left = likely;
            }
        }

        void KeepOne(Func<ValueInfo, bool> isLikely)
        {
            if (left.Length > 1 && left.Where(isLikely).ToArray() is { Length: 1 } one)
            {
                left = one;
            }
        }
    }

    /// <summary>The number format of a tensor with scores.</summary>
    /// <exception cref="InputException">Scores cannot have this format.</exception>
    public static OnnxElementType Type(string path, TensorElementType type) => type switch
    {
        TensorElementType.Float => OnnxElementType.Float32,
        TensorElementType.Float16 => OnnxElementType.Float16,
        TensorElementType.Double => OnnxElementType.Float64,
        var other => throw new InputException($"Model '{path}' has its scores as {other.ToString().ToLowerInvariant()}; export it with its class scores as a float tensor."),
    };

    /// <summary>The number of scores per image in an output with this shape for this many rows; 0 if it is not one row of scores per image.</summary>
    public static int Classes(ReadOnlySpan<long> shape, int rows)
    {
        bool hasRows = shape.Length > 0 && shape[0] == rows;
        if (!hasRows && rows != 1)
        {
            return 0;
        }

        // The scores may lie along any axis, as long as all others have one element.
        long classes = 1;
        foreach (long dim in hasRows ? shape[1..] : shape)
        {
            if (dim < 1 || (dim > 1 && classes > 1))
            {
                return 0;
            }

            classes *= dim;
        }

        return (int)Math.Min(classes, int.MaxValue);
    }

    // A ZipMap makes a list of dictionaries of the float tensor in front of it.
    private static bool IsFloat(GraphIndex graph, ValueInfo output) =>
        output.Type?.TensorType is { } tensor
            ? tensor.ElemType is DataType.Float or DataType.Float16 or DataType.Double : graph.Producer(output.Name) is { OpType: "ZipMap" };

    private static int? Rank(ValueInfo output) => output.Type?.TensorType is { } tensor ? tensor.Shape?.Dim.Count : 2;

    private static string Describe(IReadOnlyList<ValueInfo> outputs) => string.Join(", ", outputs.Select(output =>
        $"'{output.Name}' ({(output.Type?.TensorType is { } tensor ? tensor.ElemType.ToString().ToLowerInvariant() : "no tensor")})"));
}
