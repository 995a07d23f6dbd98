using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>What was read from a classifier, and what was guessed about it and why. Reasons are plain sentences.</summary>
public sealed record OnnxClassifierInfo
{
    /// <summary>The model's file as it was named.</summary>
    public required string Path { get; init; }

    /// <summary>The file's SHA-256, lower-case hexadecimal; weights kept beside the file are not in it.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The input's name.</summary>
    public required string Input { get; init; }

    /// <summary>The input's number format.</summary>
    public required OnnxElementType InputType { get; init; }

    /// <summary>The input's shape as the model declares it, such as <c>[batch, 1, 28, 28]</c>.</summary>
    public required string InputShape { get; init; }

    /// <summary>The order of the input's values.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>Why the layout and the image's size are what they are.</summary>
    public required string LayoutReason { get; init; }

    /// <summary>The size of the images it takes.</summary>
    public required ImageShape Image { get; init; }

    /// <summary>Rows that one native call must carry; null where any number does.</summary>
    public required int? FixedRows { get; init; }

    /// <summary>The number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>The name of the output that holds the scores.</summary>
    public required string Output { get; init; }

    /// <summary>The output's number format.</summary>
    public required OnnxElementType OutputType { get; init; }

    /// <summary>What the scores are: as the options say, else as they look on two blank images. Whoever has real images checks again with <see cref="ScoreKinds"/>.</summary>
    public required ScoreKind Scores { get; init; }

    /// <summary>Why the scores are taken for that.</summary>
    public required string ScoresReason { get; init; }

    /// <summary>How pixels in [0, 1] become the model's input values.</summary>
    public required PixelEncoding Encoding { get; init; }

    /// <summary>Why the encoding is what it is.</summary>
    public required IReadOnlyList<string> EncodingReasons { get; init; }

    /// <summary>What wrote the model, such as <c>pytorch 1.13</c>; empty where the file does not say.</summary>
    public required string Producer { get; init; }

    /// <summary>The version of the ONNX operators that the model uses.</summary>
    public required long Opset { get; init; }

    /// <summary>The version of the ONNX file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>The model's own metadata.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>What it runs on, and for <c>auto</c> why.</summary>
    public required string Device { get; init; }
}
