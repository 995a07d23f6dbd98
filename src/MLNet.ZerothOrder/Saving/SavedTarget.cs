namespace MLNet.ZerothOrder;

/// <summary>A target as a saved model holds it: a path and its hash, or a whole ML.NET model.</summary>
internal sealed record SavedTarget
{
    /// <summary>An <c>.onnx</c> file.</summary>
    public string? Path { get; init; }

    /// <summary>Its SHA-256.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What it runs on; null as the context says.</summary>
    public string? Device { get; init; }

    /// <summary>An ML.NET model's zip.</summary>
    public byte[]? Model { get; init; }

    /// <summary>The column that it reads.</summary>
    public string? InputColumn { get; init; }

    /// <summary>The column of its scores.</summary>
    public string? ScoreColumn { get; init; }
}
