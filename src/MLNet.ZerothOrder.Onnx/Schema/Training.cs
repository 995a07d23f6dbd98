namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Training : Message
{
    public Graph? Initialization;
    public Graph? Algorithm;

    protected override void Visit(Fields fields)
    {
        fields.Single(1, ref Initialization);
        fields.Single(2, ref Algorithm);
    }
}
