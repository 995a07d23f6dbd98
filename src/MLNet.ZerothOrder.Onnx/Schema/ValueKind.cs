namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class ValueKind : Message
{
    public TensorType? TensorType;

    protected override void Visit(Fields fields)
    {
        fields.Single(1, ref TensorType);
    }
}
