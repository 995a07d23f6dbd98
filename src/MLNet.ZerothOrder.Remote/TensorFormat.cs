namespace MLNet.ZerothOrder;

/// <summary>How arrays are sent over HTTP with the Open Inference Protocol.</summary>
public enum TensorFormat
{
    /// <summary>As bytes if the server says that it takes them, else as JSON.</summary>
    Auto,

    /// <summary>As JSON numbers, with the fewest digits that give the same float32 again.</summary>
    Json,

    /// <summary>As bytes, by the binary tensor extension.</summary>
    Binary,
}
