namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Entry : Message
{
    public string Key = "";
    public string Value = "";

    protected override void Visit(Fields fields)
    {
        fields.Text(1, ref Key);
        fields.Text(2, ref Value);
    }
}
