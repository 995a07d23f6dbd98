namespace MLNet.ZerothOrder;

/// <summary>A target in a saved model: a path with a hash, or a whole ML.NET model.</summary>
internal sealed record SavedTarget
{
    /// <summary>An <c>.onnx</c> file.</summary>
    public string? Path { get; init; }

    /// <summary>The SHA-256 of the <c>.onnx</c> file.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The device to run on; null for the device of the context.</summary>
    public string? Device { get; init; }

    /// <summary>The zip file of an ML.NET model.</summary>
    public byte[]? Model { get; init; }

    /// <summary>The input column of the ML.NET model.</summary>
    public string? InputColumn { get; init; }

    /// <summary>The column of the pictures that an ML.NET model of images extracts; null for a model of vectors.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The height of these pictures.</summary>
    public int ImageHeight { get; init; }

    /// <summary>The width of these pictures.</summary>
    public int ImageWidth { get; init; }

    /// <summary>The score column of the ML.NET model.</summary>
    public string? ScoreColumn { get; init; }
}
