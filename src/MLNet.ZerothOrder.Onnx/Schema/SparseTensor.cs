namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class SparseTensor : Message
{
    public Tensor? Values;
    public Tensor? Indices;

    protected override void Visit(Fields fields)
    {
        fields.Single(1, ref Values);
        fields.Single(2, ref Indices);
    }
}
