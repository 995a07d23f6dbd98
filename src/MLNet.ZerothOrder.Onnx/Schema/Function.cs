namespace MLNet.ZerothOrder.OnnxSchema;

internal sealed class Function : Message
{
    public List<Node> Node = [];
    public List<Attribute> AttributeProto = [];

    protected override void Visit(Fields fields)
    {
        fields.Repeated(7, ref Node);
        fields.Repeated(11, ref AttributeProto);
    }
}
