namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class OperatorSet : Message
{
    public string Domain = "";
    public long Version;

    protected override void Visit(Fields fields)
    {
        fields.Text(1, ref Domain);
        fields.Number(2, ref Version);
    }
}
