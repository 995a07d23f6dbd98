using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>Guesses the pixel encoding without images: from a file beside the model, or the model's metadata, the type of its input, or its first operators.</summary>
internal static class DeclaredEncoding
{
    private const int MostSteps = 16;

    // The least advantage in fit of the best range over the others.
    private const double Enough = 0.15;

    // Red, green and blue on average over ImageNet, in 0..1.
    private static readonly double[] ImageNetMean = [0.485, 0.456, 0.406];

    public static EncodingGuess Guess(OnnxFile file, string input, OnnxElementType type, int channels, PixelEncoding? declared = null)
    {
        if (declared is not null && type != OnnxElementType.UInt8 && (declared.Channels == 1 || declared.Channels == channels))
        {
            return new EncodingGuess(declared, [$"A file beside the model says that pixels are {declared.Name}."], 0);
        }

        var (encoding, reason) = FromMetadata(file.Metadata, channels)
            ?? FromType(type)
            ?? FromGraph(new GraphIndex(file.Graph), input, channels)
            ?? (PixelEncoding.Unit, "Nothing in the file says how pixels are encoded, so they are taken as 0..1.");
        return Find(file.Metadata, "Image.BitmapPixelFormat") is "Bgr8" or "Bgra8" && channels >= 3
            ? new EncodingGuess(InOrder(encoding, ChannelOrder.Bgr), [reason, "The model's metadata say Image.BitmapPixelFormat = Bgr8, so its channels are blue, green, red."], 0)
            : new EncodingGuess(encoding, [reason], 0);
    }

    // The numbers are in the order of the model already, so only the order is set.
    private static PixelEncoding InOrder(PixelEncoding encoding, ChannelOrder order) =>
        encoding.Channels == 1 ? encoding.In(order) : new PixelEncoding(encoding.Scale, encoding.Mean, encoding.Std, order: order);

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

    // If a model starts by scaling or centering its input, the expected range is the one that these steps map to about 0..1 or -1..1.
    private static (PixelEncoding Encoding, string Reason)? FromGraph(GraphIndex graph, string input, int channels)
    {
        var scale = new double[channels];
        var shift = new double[channels];
        scale.AsSpan().Fill(1);
        List<string> steps = [];
        string current = input;
        for (int i = 0; i < MostSteps && graph.Consumers(current).FirstOrDefault() is { Output.Count: > 0 } node; i++)
        {
            if (node.OpType is not ("Cast" or "Identity" or "Transpose" or "Reshape" or "Flatten" or "Unsqueeze" or "Squeeze"))
            {
                if (Step(graph, node, current, channels) is not { } step)
                {
                    break;
                }

                for (int c = 0; c < channels; c++)
                {
                    scale[c] *= step.Scale[c];
                    shift[c] = (shift[c] * step.Scale[c]) + step.Shift[c];
                }

                steps.Add($"{node.OpType} by {string.Join(", ", step.Shown.Distinct().Select(value => value.ToString("G4", CultureInfo.InvariantCulture)))}");
            }

            current = node.Output[0];
        }

        if (steps.Count == 0)
        {
            return null;
        }

        double unit = Misfit(0, 1), bytes = Misfit(0, 255);

        // A model takes -1..1 only if it maps -1 to 0.
        double symmetric = Math.Abs(At(-1)) < 0.02 * Math.Abs(At(1) - At(-1)) ? Misfit(-1, 1) : double.PositiveInfinity;
        PixelEncoding? encoding = unit < bytes - Enough && unit < symmetric - Enough ? PixelEncoding.Unit
            : bytes < unit - Enough && bytes < symmetric - Enough ? PixelEncoding.Bytes
            : symmetric < unit - Enough && symmetric < bytes - Enough ? PixelEncoding.Symmetric : null;
        if (encoding is null)
        {
            return null;
        }

        string reason = $"The model begins with {string.Join(", then ", steps)}, which fits pixels in {encoding.Name}.";
        double[] mean = [.. scale.Zip(shift, (a, b) => -b / a / encoding.Scale)];
        bool isReversed = channels == 3 && mean.Zip(ImageNetMean.Reverse(), (a, b) => Math.Abs(a - b)).Max() < 0.01;
        return isReversed
            ? (encoding.In(ChannelOrder.Bgr), $"{reason[..^1]} whose channels are blue, green, red, since that is the order of ImageNet's means.")
            : (encoding, reason);

        double At(double pixel) => scale.Zip(shift, (a, b) => (a * pixel) + b).Average();

        // The distance of the mapped range from being centred at 0, plus that of its width from 1.
        double Misfit(double low, double high)
        {
            double from = At(low), width = Math.Abs(At(high) - from);
            return (Math.Abs(from + At(high)) / 2 / width) + (0.2 * Math.Abs(Math.Log10(width)));
        }
    }

    // One operator as x · scale + shift for each channel; null if it is another kind of operator.
    private static (double[] Scale, double[] Shift, double[] Shown)? Step(GraphIndex graph, Node node, string image, int channels)
    {
        if (node.OpType == "BatchNormalization" && node.Input.Count == 5 && Constant(3) is { } mean && Constant(4) is { } variance)
        {
            // The learned scale and bias after the normalisation do not depend on the pixels, so they are ignored.
            double epsilon = node.Attribute.FirstOrDefault(attribute => attribute.Name == "epsilon")?.F ?? 1e-5;
            double[] inverse = [.. variance.Select(v => 1 / Math.Sqrt(v + epsilon))];
            return (inverse, [.. mean.Zip(inverse, (m, s) => -m * s)], mean);
        }

        if (node.Input.Count != 2 || Constant(node.Input[0] == image ? 1 : 0) is not { } values)
        {
            return null;
        }

        bool isFirst = node.Input[0] == image;
        double[] ones = [.. values.Select(_ => 1.0)], zeros = new double[channels];
        return node.OpType switch
        {
            "Mul" when !values.Contains(0) => (values, zeros, values),
            "Div" when isFirst && !values.Contains(0) => ([.. values.Select(value => 1 / value)], zeros, values),
            "Add" => (ones, values, values),
            "Sub" when isFirst => (ones, [.. values.Select(value => -value)], values),
            _ => null,
        };

        double[]? Constant(int place) => graph.Values(node.Input[place]) is { } constant && (constant.Length == 1 || constant.Length == channels)
            ? [.. Enumerable.Range(0, channels).Select(c => constant[constant.Length == 1 ? 0 : c])] : null;
    }
}
