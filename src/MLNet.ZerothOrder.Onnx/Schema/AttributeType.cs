namespace MLNet.ZerothOrder.OnnxSchema;

internal enum AttributeType
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Ints = 7,
}
