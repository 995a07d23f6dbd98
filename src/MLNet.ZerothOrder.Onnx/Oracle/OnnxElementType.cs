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

    /// <summary>64-bit floats; rows are floats all the same, and scores are rounded to floats.</summary>
    Float64,
}
