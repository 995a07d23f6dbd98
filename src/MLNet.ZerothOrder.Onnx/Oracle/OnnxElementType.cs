namespace MLNet.ZerothOrder;

/// <summary>The number formats that a classifier's input or output may have.</summary>
public enum OnnxElementType
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>16-bit floats, with 11 significant bits.</summary>
    Float16,

    /// <summary>Bytes; inputs only.</summary>
    UInt8,
}
