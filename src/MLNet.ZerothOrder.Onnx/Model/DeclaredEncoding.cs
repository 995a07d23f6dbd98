using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Guesses the pixel encoding from a model's file alone: from its metadata, the type of its input, or its first operators.</summary>
internal static class DeclaredEncoding
{
    public static EncodingGuess Guess(OnnxFile file, string input, OnnxElementType type, int channels)
    {
        var (encoding, reason) = FromMetadata(file.Metadata, channels)
            ?? FromType(type)
            ?? FromGraph(new GraphIndex(file.Model.Graph), input)
            ?? (PixelEncoding.Unit, "Nothing in the file says how pixels are encoded, so they are taken as 0..1.");
        return new EncodingGuess(encoding, [reason], 0);
    }

    private static (PixelEncoding Encoding, string Reason)? FromType(OnnxElementType type) =>
        type == OnnxElementType.UInt8 ? (PixelEncoding.Bytes, "The input is uint8, so pixels are 0..255.") : null;

    private static (PixelEncoding Encoding, string Reason)? FromMetadata(IReadOnlyDictionary<string, string> metadata, int channels)
    {
        List<string> said = [];
        (float Low, float High)? range = null;
        foreach (string key in (string[])["Image.NominalPixelRange", "image.range", "pixel_range", "range"])
        {
            if (range is null && Find(metadata, key) is { } text && ReadRange(text) is { } read)
            {
                range = read;
                said.Add($"{key} = {text}");
            }
        }

        float[]? mean = Numbers("mean", channels), std = Numbers("std", channels), scale = Numbers("scale", 1);
        if (said.Count == 0)
        {
            return null;
        }

        var (low, high) = range ?? (0, 1);
        string reason = $"The model's metadata say {string.Join(", ", said)}.";
        try
        {
            return mean is null && std is null && scale is null
                ? (PixelEncoding.Range(low, high), reason)
                : (new PixelEncoding(scale?[0] ?? (high - low), [.. (mean ?? [0]).Select(m => m - low)], std ?? [1]), reason);
        }
        catch (InputException)
        {
            // Metadata are free text: numbers that give no encoding are ignored.
            return null;
        }

        float[]? Numbers(string name, int most)
        {
            foreach (string key in (string[])[name, "image." + name, "pixel_" + name])
            {
                if (Find(metadata, key) is { } text && PixelEncoding.TryFloats(text) is { } values && (values.Length == 1 || values.Length == most))
                {
                    said.Add($"{key} = {text}");
                    return values;
                }
            }

            return null;
        }
    }

    private static string? Find(IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.FirstOrDefault(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value;

    private static (float Low, float High)? ReadRange(string text) => text switch
    {
        "NominalRange_0_255" => (0, 255),
        "Normalized_0_1" => (0, 1),
        "Normalized_1_1" => (-1, 1),
        _ => PixelEncoding.TryFloats(text.Replace("..", " ", StringComparison.Ordinal)) is [var low, var high] && low < high ? (low, high) : null,
    };

    // A model that starts by scaling or centering its input reveals the expected range.
    private static (PixelEncoding Encoding, string Reason)? FromGraph(GraphIndex graph, string input)
    {
        string current = input;
        while (graph.Consumers(current).FirstOrDefault() is { Output.Count: > 0 } node)
        {
            if (node.OpType is not ("Cast" or "Identity" or "Transpose" or "Reshape" or "Flatten" or "Unsqueeze" or "Squeeze"))
            {
                return FromOperator(graph, node, current);
            }

            current = node.Output[0];
        }

        return null;
    }

    private static (PixelEncoding Encoding, string Reason)? FromOperator(GraphIndex graph, Node node, string image)
    {
        // The fourth input of BatchNormalization is the mean that it subtracts.
        int constant = node.OpType == "BatchNormalization" ? 3 : node.Input[0] == image ? 1 : 0;
        if (constant >= node.Input.Count || graph.Values(node.Input[constant]) is not { } values)
        {
            return null;
        }

        double smallest = values.Min(Math.Abs), largest = values.Max(Math.Abs);
        bool? bytes = node.OpType switch
        {
            "Div" => Near(255) ? true : largest <= 2 ? false : null,
            "Mul" => Near(1 / 255.0) ? true : Near(255) || Near(2) ? false : null,
            "Sub" or "Add" => largest > 2 ? true : smallest > 0 && largest <= 1 ? false : null,
            "BatchNormalization" => largest > 2 ? true : smallest > 0.02 && largest < 1 ? false : null,
            _ => null,
        };
        if (bytes is null)
        {
            return null;
        }

        string shown = string.Join(", ", values.Distinct().Select(v => v.ToString("G4", CultureInfo.InvariantCulture)));
        var encoding = bytes.Value ? PixelEncoding.Bytes : PixelEncoding.Unit;
        return (encoding, $"The model begins with {node.OpType} by {shown}, which fits pixels in {encoding.Name}.");

        bool Near(double value) => smallest > value * 0.99 && largest < value * 1.01;
    }
}
