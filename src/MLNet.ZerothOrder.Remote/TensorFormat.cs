namespace MLNet.ZerothOrder;

/// <summary>How arrays are sent over HTTP.</summary>
public enum TensorFormat
{
    /// <summary>As bytes if the server says that it takes them, else as JSON.</summary>
    Auto,

    /// <summary>As JSON numbers, with the fewest digits that give the same float32 again.</summary>
    Json,

    /// <summary>As bytes, by the binary tensor extension.</summary>
    Binary,

    /// <summary>As JSON in TensorFlow Serving's column form, <c>inputs</c> and <c>outputs</c>, instead of its row form.</summary>
    Columns,
}
