namespace MLNet.ZerothOrder;

/// <summary>The supported number formats of a classifier's input or output.</summary>
public enum OnnxElementType
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>16-bit floats, with 11 significant bits.</summary>
    Float16,

    /// <summary>Bytes, for inputs only.</summary>
    UInt8,
}
