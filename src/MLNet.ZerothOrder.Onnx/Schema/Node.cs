namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Node : Message
{
    public List<string> Input = [];
    public List<string> Output = [];
    public string Name = "";
    public string OpType = "";
    public List<Attribute> Attribute = [];
    public string Domain = "";

    protected override void Visit(Fields fields)
    {
        fields.Texts(1, ref Input);
        fields.Texts(2, ref Output);
        fields.Text(3, ref Name);
        fields.Text(4, ref OpType);
        fields.Repeated(5, ref Attribute);
        fields.Text(7, ref Domain);
    }
}
