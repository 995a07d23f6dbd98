using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The properties of a classifier that were read or guessed, with reasons as sentences.</summary>
public sealed record OnnxClassifierInfo : ClassifierInfo
{
    /// <summary>The input's name.</summary>
    public required string Input { get; init; }

    /// <summary>The input's number format.</summary>
    public required OnnxElementType InputType { get; init; }

    /// <summary>The input's shape as the model declares it, such as <c>[batch, 1, 28, 28]</c>.</summary>
    public required string InputShape { get; init; }

    /// <summary>The order of the input's values.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>The reason for the layout and the size of the images.</summary>
    public required string LayoutReason { get; init; }

    /// <summary>The shape of the input of a native call with some rows.</summary>
    internal Func<int, long[]> InputDims { get; init; } = rows => [rows];

    /// <summary>The number of rows that a native call must have; null for any number.</summary>
    public required int? FixedRows { get; init; }

    /// <summary>The number of rows per native call for which the scores of a row do not depend on the other rows.</summary>
    public CallRows CallRows { get; init; }

    /// <summary>The name of the file's output with the scores, or with the result of their activation.</summary>
    public required string Output { get; init; }

    /// <summary>The output's number format.</summary>
    public required OnnxElementType OutputType { get; init; }

    /// <summary>The activation in front of which the scores are taken, such as <c>Softmax</c>; null if the scores are the values of the output.</summary>
    public string? Removed { get; init; }

    /// <summary>The reason for the kind of scores.</summary>
    public required string ScoresReason { get; init; }

    /// <summary>The reasons for the encoding.</summary>
    public required IReadOnlyList<string> EncodingReasons { get; init; }

    /// <summary>The program that wrote the model, such as <c>pytorch 1.13</c>; empty if the file does not state it.</summary>
    public required string Producer { get; init; }

    /// <summary>The version of the ONNX operators that the model uses.</summary>
    public required long Opset { get; init; }

    /// <summary>The version of the ONNX file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>The device, and for <c>auto</c> the reason.</summary>
    public required string Device { get; init; }

    /// <inheritdoc/>
    public override string InputText => $"{Input}: {InputType} {InputShape}, images {Image}, pixels {Encoding}";

    /// <inheritdoc/>
    public override string Assumptions =>
        $"input '{Input}' {InputShape} as {(Layout == ImageLayout.Flat ? "flat" : Layout.ToString().ToUpperInvariant())} images of {Image}, pixels as {Encoding}{(Answers is null ? "" : $" ({Answers})")}, "
        + $"output '{Output}'{(Removed is null ? "" : $" in front of its last {Removed}")} as {ScoreKinds.Name(Scores)} of {Classes} classes";

    /// <summary>All properties as named lines of text; a line without a name belongs to the line before it.</summary>
    public IEnumerable<(string Name, string Text)> ToText() =>
    [
        ("model", Path),
        ("sha256", Sha256),
        ("made by", $"{(Producer.Length > 0 ? Producer : "unknown")}, opset {Opset}, IR version {IrVersion}"),
        ("input", $"{Input}: {InputType} {InputShape}"),
        ("layout", $"{(Layout == ImageLayout.Nchw ? "NCHW" : Layout == ImageLayout.Nhwc ? "NHWC" : "flat")} ({LayoutReason})"),
        ("image", $"{Image} (channels×height×width)"),
        ("batch", (FixedRows, CallRows) switch
        {
            ({ } rows, CallRows.One) when rows > 1 => $"fixed: {rows} images a call, of which all but one are blank, since scores depend on the images beside one",
            ({ } rows, _) => $"fixed: {rows} image{(rows == 1 ? "" : "s")} a call",
            (_, CallRows.One) => "one image a call, since scores depend on the images beside one",
            (_, CallRows.TwoOrMore) => "dynamic: any number of images a call; a lone one is sent twice, since alone it is computed in another way",
            _ => "dynamic: any number of images a call",
        }),
        ("pixels", $"{Encoding}"),
        .. EncodingReasons.Select(reason => ("", $"– {reason}")),
        ("output", $"{Output}{(Removed is null ? "" : $" in front of its last {Removed}")}: {OutputType}, {Classes} classes"),
        ("scores", $"{ScoreKinds.Name(Scores)} ({ScoresReason})"),
        .. Removed is null ? [] : new[] { ("", $"– behind the {Removed} a confident model has no differences left to follow; where the kind of scores is stated, the output is taken as it is") },
        ("runs on", Device),
        .. Metadata.Select(entry => ("metadata", $"{entry.Key} = {entry.Value}")),
    ];
}
