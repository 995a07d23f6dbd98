namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Graph : Message
{
    public List<Node> Node = [];
    public string Name = "";
    public List<Tensor> Initializer = [];
    public List<ValueInfo> Input = [];
    public List<ValueInfo> Output = [];
    public List<ValueInfo> ValueInfo = [];
    public List<SparseTensor> SparseInitializer = [];

    protected override void Visit(Fields fields)
    {
        fields.Repeated(1, ref Node);
        fields.Text(2, ref Name);
        fields.Repeated(5, ref Initializer);
        fields.Repeated(11, ref Input);
        fields.Repeated(12, ref Output);
        fields.Repeated(13, ref ValueInfo);
        fields.Repeated(15, ref SparseInitializer);
    }
}
