namespace MLNet.ZerothOrder;

/// <summary>A description of a learned optimizer's file.</summary>
public sealed record OptimizerFileInfo
{
    /// <summary>The path as given.</summary>
    public required string Path { get; init; }

    /// <summary>The file's SHA-256, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The learned model.</summary>
    public required LearnedModel Model { get; init; }

    /// <summary>The graph's inputs with their shapes, such as <c>state [P, d, 40]</c> for P problems of d coordinates.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The graph's outputs with their shapes.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>The program that wrote the file; empty if the file does not state it.</summary>
    public required string Producer { get; init; }

    /// <summary>The version of the ONNX operators that the file uses.</summary>
    public required long Opset { get; init; }

    /// <summary>The version of the ONNX file format.</summary>
    public required long IrVersion { get; init; }
}
