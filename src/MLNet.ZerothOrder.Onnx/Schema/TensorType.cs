namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class TensorType : Message
{
    public DataType ElemType;
    public TensorShape? Shape;

    protected override void Visit(Fields fields)
    {
        fields.Enumeration(1, ref ElemType);
        fields.Single(2, ref Shape);
    }
}
