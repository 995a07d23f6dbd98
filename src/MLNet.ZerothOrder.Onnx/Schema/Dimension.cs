namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Dimension : Message
{
    public long? DimValue;
    public string? DimParam;

    protected override void Visit(Fields fields)
    {
        fields.Number(1, ref DimValue);
        fields.OptionalText(2, ref DimParam);
    }
}
