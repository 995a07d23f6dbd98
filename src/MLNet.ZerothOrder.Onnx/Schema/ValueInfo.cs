namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class ValueInfo : Message
{
    public string Name = "";
    public ValueKind? Type;

    protected override void Visit(Fields fields)
    {
        fields.Text(1, ref Name);
        fields.Single(2, ref Type);
    }
}
