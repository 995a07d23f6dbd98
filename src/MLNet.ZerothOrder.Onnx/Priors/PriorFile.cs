using System.Globalization;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>A prior as one <c>.onnx</c> file, with its origin as metadata. <see cref="OnnxPrior"/> runs it.</summary>
public static class PriorFile
{
    private const string Kind = "kind";
    private const string DirectionPrior = "zo direction prior";
    private const string Version = "formatVersion";
    private const string Current = "1";
    private const string Target = "target";
    private const string TargetSha256 = "targetSha256";
    private const string TrainedOn = "trainedOn";
    private const string Queries = "queries";
    private const string Answers = "answers";
    private const string Labels = "labels";
    private const string Seed = "seed";
    private const string Agreement = "agreement";

    /// <summary>Writes a trained network atomically. The same network gives the same file on every machine.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="info">Its origin. The size and the classes are those of the network.</param>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public static void Write(string path, StudentNetwork network, ReadOnlySpan<float> weights, PriorInfo info)
    {
        byte[] bytes = ToBytes(network, weights, info);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The content of the file.</summary>
    public static byte[] ToBytes(StudentNetwork network, ReadOnlySpan<float> weights, PriorInfo info)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(info);
        Model file = GraphBuilder.Model(StudentGraph.Of(network, weights));
        foreach ((string key, string value) in (ReadOnlySpan<(string, string)>)
            [
                (Kind, DirectionPrior), (Version, Current), (Target, info.Target), (TargetSha256, info.TargetSha256), (TrainedOn, info.TrainedOn),
                (Queries, info.Queries.ToString(CultureInfo.InvariantCulture)), (Answers, info.LabelsOnly ? Labels : "scores"),
                (Seed, info.Seed.ToString(CultureInfo.InvariantCulture)), (Agreement, info.Agreement.ToString(CultureInfo.InvariantCulture)),
            ])
        {
            file.MetadataProps.Add(new Entry { Key = key, Value = value });
        }

        return Fields.Write(file);
    }

    /// <summary>Whether an ONNX file declares itself as a prior.</summary>
    /// <exception cref="InputException">The file is missing, cut off, or not an ONNX model.</exception>
    public static bool IsPrior(string path) => IsPrior(OnnxFile.Read(path));

    /// <summary>Reads what a file says about its prior.</summary>
    /// <exception cref="InputException">The file is missing, cut off, no prior, or of another version of the format.</exception>
    public static PriorInfo Describe(string path)
    {
        var file = OnnxFile.Read(path);
        if (!IsPrior(file))
        {
            throw new InputException($"'{path}' is no prior of 'zo train --kind prior'; give one, such as mnist-cnn-prior.onnx.") { Argument = "Prior" };
        }

        if (Text(file, Version) is var version && version != Current)
        {
            throw new InputException($"Prior '{path}' has version {version} of its format, but this program reads version {Current}; use a matching program, or learn the prior again.");
        }

        if (file.HasWeightFiles || Shape(file.Graph.Input, StudentGraph.Image) is not [_, > 0 and var channels, > 0 and var height, > 0 and var width] || Shape(file.Graph.Input, StudentGraph.Weights) is not [_, > 1 and var classes]
            || file.Graph.Input.Count != 2 || !file.Graph.Output.Select(output => output.Name).ToHashSet().SetEquals([StudentGraph.Scores, StudentGraph.Direction]))
        {
            throw new InputException($"Prior '{path}' does not map {StudentGraph.Image} [N,C,H,W] and {StudentGraph.Weights} [N,K] to {StudentGraph.Scores} and {StudentGraph.Direction}; learn it again.");
        }

        return new PriorInfo
        {
            Image = new ImageShape((int)channels, (int)height, (int)width),
            Classes = (int)classes,
            Target = OnnxErrors.OneLine(Text(file, Target)),
            TargetSha256 = OnnxErrors.OneLine(Text(file, TargetSha256)),
            TrainedOn = OnnxErrors.OneLine(Text(file, TrainedOn)),
            Queries = long.TryParse(Text(file, Queries), NumberStyles.None, CultureInfo.InvariantCulture, out long queries) ? queries : throw Wrong(path, Queries),
            LabelsOnly = Text(file, Answers) == Labels,
            Seed = long.TryParse(Text(file, Seed), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed : throw Wrong(path, Seed),
            Agreement = double.TryParse(Text(file, Agreement), NumberStyles.Float, CultureInfo.InvariantCulture, out double agreement) ? agreement : throw Wrong(path, Agreement),
            Sha256 = file.Sha256,
        };
    }

    private static bool IsPrior(OnnxFile file) => Text(file, Kind) == DirectionPrior;

    private static string Text(OnnxFile file, string key) => file.Metadata.GetValueOrDefault(key, "");

    private static long[] Shape(IEnumerable<ValueInfo> values, string name) =>
        values.FirstOrDefault(value => value.Name == name)?.Type?.TensorType is { ElemType: DataType.Float, Shape: { } shape }
            ? [.. shape.Dim.Select(dim => dim.DimValue is { } size and <= int.MaxValue ? size : 0)] : [];

    private static InputException Wrong(string path, string key) => new($"Prior '{path}' has no number in its metadata '{key}'; learn it again.");
}
