namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Model : Message
{
    public long IrVersion;
    public string ProducerName = "";
    public string ProducerVersion = "";
    public string DocString = "";
    public Graph? Graph;
    public List<OperatorSet> OpsetImport = [];
    public List<Entry> MetadataProps = [];
    public List<Training> TrainingInfo = [];
    public List<Function> Functions = [];

    protected override void Visit(Fields fields)
    {
        fields.Number(1, ref IrVersion);
        fields.Text(2, ref ProducerName);
        fields.Text(3, ref ProducerVersion);
        fields.Text(6, ref DocString);
        fields.Single(7, ref Graph);
        fields.Repeated(8, ref OpsetImport);
        fields.Repeated(14, ref MetadataProps);
        fields.Repeated(20, ref TrainingInfo);
        fields.Repeated(25, ref Functions);
    }
}
