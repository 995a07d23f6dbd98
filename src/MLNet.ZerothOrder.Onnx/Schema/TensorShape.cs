namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class TensorShape : Message
{
    public List<Dimension> Dim = [];

    protected override void Visit(Fields fields)
    {
        fields.Repeated(1, ref Dim);
    }
}
