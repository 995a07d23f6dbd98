namespace MLNet.ZerothOrder;

/// <summary>Bytes are not the protobuf message they should be; <see cref="OnnxFile"/> turns it into a sentence about the file.</summary>
internal sealed class OnnxFileException(bool isCut) : Exception
{
    /// <summary>Whether the bytes end too early; else they are something else altogether.</summary>
    public bool IsCut { get; } = isCut;
}
