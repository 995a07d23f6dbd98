namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Attribute : Message
{
    public string Name = "";
    public float? F;
    public long? I;
    public ReadOnlyMemory<byte>? S;
    public Tensor? T;
    public Graph? G;
    public List<long> Ints = [];
    public List<string> Strings = [];
    public List<Tensor> Tensors = [];
    public List<Graph> Graphs = [];
    public AttributeType Type;
    public SparseTensor? SparseTensor;
    public List<SparseTensor> SparseTensors = [];

    protected override void Visit(Fields fields)
    {
        fields.Text(1, ref Name);
        fields.Real(2, ref F);
        fields.Number(3, ref I);
        fields.Bytes(4, ref S);
        fields.Single(5, ref T);
        fields.Single(6, ref G);
        fields.Numbers(8, ref Ints);
        fields.Texts(9, ref Strings);
        fields.Repeated(10, ref Tensors);
        fields.Repeated(11, ref Graphs);
        fields.Enumeration(20, ref Type);
        fields.Single(22, ref SparseTensor);
        fields.Repeated(23, ref SparseTensors);
    }
}
