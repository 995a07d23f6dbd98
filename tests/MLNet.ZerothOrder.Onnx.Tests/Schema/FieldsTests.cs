using System.Text;
using MLNet.ZerothOrder.OnnxSchema;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Schema;

public sealed class FieldsTests
{
    public static TheoryData<string> Damaged =>
    [
        "08", // a number without its value
        "08 FFFFFFFFFFFFFFFFFFFF 01", // a number of 11 bytes
        "12 05 61", // a text that is cut off
        "12 FFFFFFFFFFFFFFFFFF01 61", // a text of 2^64 − 1 bytes
        "3A 02 0A 05", // a message whose field is longer than itself
        "00", // field 0
        "0B", // a group
        "0D 0102", // 4 bytes that are 2
    ];

    // The examples of Protocol Buffers' page on its encoding, with the field numbers of ONNX.
    [Fact]
    public void Values_are_encoded_as_Protocol_Buffers_says()
    {
        Bytes(new OperatorSet { Version = 150 }).ShouldBe("109601");
        Bytes(new OperatorSet { Version = -2 }).ShouldBe("10FEFFFFFFFFFFFFFFFF01");
        Bytes(new Entry { Key = "testing" }).ShouldBe("0A0774657374696E67");
        Bytes(new Tensor { Dims = [3, 270, 86942], DataType = DataType.Int64 }).ShouldBe("0A06038E029EA7051007");
        Bytes(new Tensor { FloatData = [1], RawData = new byte[] { 7 }, DoubleData = [1] }).ShouldBe("22040000803F4A01075208000000000000F03F");
        Bytes(new OnnxSchema.Attribute { F = 0, I = 0, S = default(ReadOnlyMemory<byte>) }).ShouldBe("150000000018002200");
        Bytes(new Model { Graph = new Graph() }).ShouldBe("3A00");
        Bytes(new Model()).ShouldBe("");
    }

    [Fact]
    public void Numbers_are_read_packed_and_one_by_one_and_a_message_that_comes_twice_is_one()
    {
        Read<Tensor>("0A020102 0803 0A0104").Dims.ShouldBe([1, 2, 3, 4]);
        Read<Tensor>("250000803F 220400000040").FloatData.ShouldBe([1f, 2f]);
        Graph graph = Read<Model>("3A 03 12 01 61 3A 05 0A 03 1A 01 62").Graph!;
        (graph.Name, graph.Node.Single().Name).ShouldBe(("a", "b"));
    }

    [Fact]
    public void Fields_that_no_property_holds_pass_through()
    {
        // A description (6), a number of 8 bytes (30) and a known field of another type (1) around an operator's name.
        const string Bytes = "320161 1A0162 F101 0102030405060708 0801";
        Node node = Read<Node>(Bytes);
        node.Name.ShouldBe("b");
        FieldsTests.Bytes(node).ShouldBe("1A0162" + "320161" + "F1010102030405060708" + "0801");
        FieldsTests.Bytes(Fields.Copy(node)).ShouldBe(FieldsTests.Bytes(node));
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_message_is_refused(string hex) => Should.Throw<InvalidDataException>(() => Read<Model>(hex));

    [Fact]
    public void Graphs_that_are_nested_too_deep_are_refused()
    {
        // Each graph is in an attribute of an operator of the one around it.
        Nested(20).Count(c => c == 'G').ShouldBe(20);
        Should.Throw<InvalidDataException>(() => Nested(50));

        static string Nested(int depth)
        {
            var graph = new Graph { Name = "G" };
            for (int i = 1; i < depth; i++)
            {
                graph = new Graph { Name = "G", Node = [new Node { Attribute = [new OnnxSchema.Attribute { G = graph }] }] };
            }

            return Encoding.Latin1.GetString(Fields.Write(Fields.Read<Graph>(Fields.Write(graph))));
        }
    }

    [Fact]
    public void A_copy_shares_only_bytes()
    {
        var model = new Model { Graph = new Graph { Node = [new Node { Input = ["x"] }], Initializer = [new Tensor { Dims = [2], RawData = new byte[8] }] } };
        byte[] before = Fields.Write(model);
        Model copy = Fields.Copy(model);
        Fields.Write(copy).ShouldBe(before);
        copy.Graph!.Node[0].Input.Add("y");
        copy.Graph.Initializer[0].Dims[0] = 3;
        copy.Graph.Node.Add(new Node());
        Fields.Write(model).ShouldBe(before);
        copy.Graph.Initializer[0].RawData.Equals(model.Graph.Initializer[0].RawData).ShouldBeTrue();
    }

    private static string Bytes(Message message) => Convert.ToHexString(Fields.Write(message));

    private static T Read<T>(string hex)
        where T : Message, new() => Fields.Read<T>(Convert.FromHexString(hex.Replace(" ", "")));
}
