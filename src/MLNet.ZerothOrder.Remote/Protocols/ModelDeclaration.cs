namespace MLNet.ZerothOrder;

/// <summary>What a server says about its model.</summary>
internal sealed record ModelDeclaration
{
    /// <summary>The protocol in words.</summary>
    public required string Protocol { get; init; }

    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's version; empty if the server does not say it.</summary>
    public string Version { get; init; } = "";

    /// <summary>The input; null if the server does not say what it takes.</summary>
    public TensorDeclaration? Input { get; init; }

    /// <summary>The output that is asked for; null if the server does not say what it gives.</summary>
    public TensorDeclaration? Output { get; init; }

    /// <summary>The most rows of a request; null for no limit that is known.</summary>
    public int? MostRows { get; init; }

    /// <summary>Whether pixels are sent as 8-bit pictures, so that smaller changes are lost.</summary>
    public bool RoundsPixels { get; init; }

    /// <summary>How a picture goes into a request that is not a tensor, in words; null for a tensor.</summary>
    public string? Picture { get; init; }
}
