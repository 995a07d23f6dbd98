using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MLNet.ZerothOrder;

/// <summary>The output with a classifier's scores.</summary>
internal sealed record ClassifierOutput(string Name, OnnxElementType Type)
{
    // Usual names in exported models, the most reliable first. The first word that matches exactly one output decides.
    private static readonly string[] Names = ["logit", "output", "prob", "score", "pred"];

    /// <summary>Chooses the output with the scores.</summary>
    /// <exception cref="InputException">No output can be the scores, or several could.</exception>
    public static ClassifierOutput Pick(string path, InferenceSession session, string? asked)
    {
        if (asked is not null)
        {
            return session.OutputMetadata.TryGetValue(asked, out var named) && FloatType(named) is { } type
                ? new ClassifierOutput(asked, type)
                : throw new InputException($"Model '{path}' has no float output '{asked}'; it has {Describe(session)}, so name one of those.") { Argument = "Output" };
        }

        var floats = session.OutputNames.Where(name => FloatType(session.OutputMetadata[name]) is not null).ToArray();
        if (floats.Length == 0)
        {
            throw new InputException(
                $"Model '{path}' has no float32 or float16 output but {Describe(session)}; export it with its class scores as a float tensor.");
        }

        if (floats.Length > 1 && floats.Where(name => session.OutputMetadata[name].Dimensions.Length == 2).ToArray() is { Length: > 0 } matrices)
        {
            floats = matrices;
        }

        foreach (string word in Names)
        {
            if (floats.Length > 1 && floats.Where(name => name.Contains(word, StringComparison.OrdinalIgnoreCase)).ToArray() is { Length: 1 } matches)
            {
                floats = matches;
            }
        }

        return floats.Length == 1
            ? new ClassifierOutput(floats[0], FloatType(session.OutputMetadata[floats[0]])!.Value)
            : throw new InputException(
                $"Model '{path}' has {floats.Length} outputs that could be the scores ({string.Join(", ", floats)}); export it with one, or name the output.") { Argument = "Output" };
    }

    /// <summary>The number of classes of an output with this shape for this many rows; 0 if it is not one row of scores per image.</summary>
    public static int Classes(ReadOnlySpan<long> shape, int rows)
    {
        if (rows == 1 && shape.Length == 1)
        {
            return (int)shape[0];
        }

        if (shape.Length < 2 || shape[0] != rows)
        {
            return 0;
        }

        foreach (long dim in shape[2..])
        {
            if (dim != 1)
            {
                return 0;
            }
        }

        return (int)shape[1];
    }

    private static OnnxElementType? FloatType(NodeMetadata metadata) => !metadata.IsTensor ? null : metadata.ElementDataType switch
    {
        TensorElementType.Float => OnnxElementType.Float32,
        TensorElementType.Float16 => OnnxElementType.Float16,
        _ => null,
    };

    private static string Describe(InferenceSession session) => string.Join(", ", session.OutputNames.Select(name =>
    {
        var metadata = session.OutputMetadata[name];
        return $"'{name}' ({(metadata.IsTensor ? metadata.ElementDataType.ToString().ToLowerInvariant() : metadata.OnnxValueType.ToString())})";
    }));
}
