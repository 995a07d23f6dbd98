namespace MLNet.ZerothOrder.OnnxSchema;

/// <summary>
/// A part of an ONNX file, with ONNX's published field numbers: the fields that are read, written or changed here. The others pass through unread.
/// </summary>
internal abstract class Message
{
    private List<byte> _others = [];

    public Message ShallowCopy() => (Message)MemberwiseClone();

    public void VisitAll(Fields fields)
    {
        Visit(fields);
        fields.Others(ref _others);
    }

    /// <summary>Passes every field, in the order of the numbers.</summary>
    protected abstract void Visit(Fields fields);
}
