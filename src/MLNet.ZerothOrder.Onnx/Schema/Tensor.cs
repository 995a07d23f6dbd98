namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Tensor : Message
{
    public List<long> Dims = [];
    public DataType DataType;
    public List<float> FloatData = [];
    public List<long> Int32Data = [];
    public List<long> Int64Data = [];
    public string Name = "";
    public ReadOnlyMemory<byte> RawData;
    public List<double> DoubleData = [];
    public List<Entry> ExternalData = [];

    protected override void Visit(Fields fields)
    {
        fields.Numbers(1, ref Dims);
        fields.Enumeration(2, ref DataType);
        fields.Reals(4, ref FloatData);
        fields.Numbers(5, ref Int32Data);
        fields.Numbers(7, ref Int64Data);
        fields.Text(8, ref Name);
        fields.Bytes(9, ref RawData);
        fields.Reals(10, ref DoubleData);
        fields.Repeated(13, ref ExternalData);
    }
}
