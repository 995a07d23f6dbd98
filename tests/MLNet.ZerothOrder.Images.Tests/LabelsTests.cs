using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class LabelsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("3\n1\n4\n")]
    [InlineData("3\n1\n4")]
    [InlineData("3\r\n 1 \r\n4\r\n\r\n\n")]
    [InlineData("label\n3\n1\n4\n")]
    [InlineData("\uFEFF3\n1\n4\n")]
    [InlineData("\"3\"\n1\n+4\n")]
    [InlineData("file,label\n2,4\n0,3\n1,1\n")]
    [InlineData("File, Label\n0,3\n\"1\",1\n2,\"4\"\n")]
    [InlineData("3.0\n1.000\n4e0\n")]
    [InlineData("\n3\n\n1\r\n\r\n4\n")]
    [InlineData("klass\n3\n1\n4\n")]
    [InlineData("id,label\n0,3\n1,1\n2,4\n")]
    [InlineData(",label\n0,3\n1,1\n2,4\n")]
    [InlineData("Klasse;Bild\n3;0\n1;1\n4;2\n", "Bild;Klasse\n0;3\n1;1\n2;4\n")]
    [InlineData("class,filename\n3,0\n1,1\n4,2\n")]
    [InlineData("filename,width,class,comment\n0,28,3,good\n1,28,1,\"so, so\"\n2,28,4,bad\n")]
    [InlineData("image\ttarget\n0\t3\n1\t1\n2\t4\n")]
    [InlineData("0 3\n1 1\n2 4\n")]
    [InlineData("file class\n0 3\n1 1\n2 4\n")]
    public void Text_of_every_kind_gives_the_same_labels(string text, string? read = null)
    {
        text = read ?? text;
        foreach (System.Text.Encoding encoding in new[] { System.Text.Encoding.Unicode, System.Text.Encoding.BigEndianUnicode })
        {
            Labels.Read(_folder.Write("utf16.txt", [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]), 3).ShouldBe([3, 1, 4]);
            Labels.Read(_folder.Write("utf16.txt", encoding.GetBytes(text.TrimStart('\uFEFF'))), 3).ShouldBe([3, 1, 4]);
        }

        Read(text, 3).ShouldBe([3, 1, 4]);
        Labels.Read(_folder.Write("labels.gz", TempFolder.Gzip(System.Text.Encoding.UTF8.GetBytes(text))), 3).ShouldBe([3, 1, 4]);
    }

    [Fact]
    public void Binary_labels_are_told_by_their_content()
    {
        Labels.Read(_folder.Write("labels.txt", IdxReaderTests.IdxLabels(3, 1, 4)), 3).ShouldBe([3, 1, 4]);
        Labels.Read(_folder.Write("labels.txt", NpyReaderTests.NpyLabels("<i8", 3, 1, 4)), 3).ShouldBe([3, 1, 4]);
    }

    [Fact]
    public void Names_are_matched_whatever_the_order_of_the_lines() =>
        Labels.Read(_folder.Write("l.csv", "b.png,1\n\"a, really.png\",0\nc,d.png,2\n"), 3, ["a, really.png", "b.png", "c,d.png"]).ShouldBe([0, 1, 2]);

    [Theory]
    [InlineData("1\n2\n", "2 labels for 3 images", "line 3 is missing")]
    [InlineData("1\n2\n3\n4\n", "4 labels for 3 images")]
    [InlineData("", "holds no labels")]
    [InlineData("label\n", "holds no labels")]
    [InlineData("1\n\n3\n", "2 labels for 3 images", "line 4 is missing")]
    [InlineData("1\n2.5\n3\n", "line 2", "\"2.5\"", "not an integer")]
    [InlineData("1\ncat\n3\n", "line 2", "\"cat\"", "not an integer")]
    [InlineData("klass\n1\n2\n", "2 labels for 3 images", "line 1 of labels.txt was taken as a heading")]
    [InlineData("cat\n1\ndog\n", "line 3", "\"dog\"", "not an integer")]
    [InlineData("1\n-1\n3\n", "line 2", "\"-1\"", "class index")]
    [InlineData("1\n99999999999\n3\n", "line 2", "class index")]
    [InlineData("1\n2\na,3\n", "line 3 has a comma", "line 1")]
    [InlineData("file,label\n0,3\n1\n2,1\n", "line 3 has no comma", "line 1")]
    [InlineData("0,3\n1,\n2,1\n", "line 2 has no label")]
    [InlineData("0,3\n0,1\n2,1\n", "line 2", "second time")]
    [InlineData("0,3\n1,1\n3,1\n", "line 3", "\"3\"", "0..2")]
    [InlineData("0,3\n1,1\n../2,1\n", "line 3", "\"../2\"")]
    public void Bad_text_is_refused_with_its_line(string text, params string[] parts) => Refused.With(() => Read(text, 3), ["labels.txt", .. parts]);

    [Fact]
    public void Foreign_content_shows_printable_and_short_in_the_message()
    {
        Refused.With(() => Read("0\n\u001b[31m" + new string('x', 100_000), 2), "\"?[31mxxx", "…\"");
    }

    [Fact]
    public void Text_cut_anywhere_gives_fewer_labels_or_is_refused_never_crashes()
    {
        byte[] zipped = TempFolder.Gzip("0,3\n1,1\n2,4\n"u8);
        for (int length = 0; length < zipped.Length; length++)
        {
            string path = _folder.Write("cut", zipped.AsSpan(0, length));
            Should.Throw<InputException>(() => Labels.Read(path, 3));
        }

        for (int length = 0; length < 11; length++)
        {
            Should.Throw<InputException>(() => Read("0,3\n1,1\n2,4\n"[..length], 3));
        }
    }

    [Fact]
    public void Names_of_classes_are_numbered_in_ordinal_order_or_matched_to_the_names_of_the_classes()
    {
        Read("dog\ncat\nwild cat\ndog\n", 4).ShouldBe([1, 0, 2, 1]);
        Read("class\ndog\ncat\n", 2).ShouldBe([1, 0]);
        Read("file,class_name\n1,\"cat, tame\"\n0,dog\n", 2).ShouldBe([1, 0]);

        var classes = new ClassNames(["dog", "bird", "wild cat"]);
        string path = _folder.Write("labels.txt", "Wild_Cat\n0\nDOG\n");
        Labels.Read(path, 3, classes: classes).ShouldBe([2, 0, 0]);
        Labels.Of(path, 3, classes).Assumptions.ShouldBe(["labels 0, DOG, Wild_Cat of labels.txt were taken as classes 0, 0, 2"]);
        Refused.With(() => Labels.Read(_folder.Write("labels.txt", "dog\nbrid\n"), 2, classes: classes), "line 2", "\"brid\"", "did you mean \"bird\"?");
    }

    [Fact]
    public void Rows_of_QMNIST_begin_with_the_label()
    {
        int[][] rows = [[7, 0, 1, 2, 3, 4, 5, 6], [2, 9, 9, 9, 9, 9, 9, 9]];
        byte[] content = [0, 0, 0x0C, 2, .. Big(2), .. Big(8), .. rows.SelectMany(row => row.SelectMany(Big))];
        Labels.Read(_folder.Write("qmnist", content), 2).ShouldBe([7, 2]);
        Refused.AtEveryCut(_folder, content, path => Labels.Read(path, 2));
        Labels.Read(_folder.Write("shorts", [0, 0, 0x0B, 1, .. Big(2), 1, 0, 0, 3]), 2).ShouldBe([256, 3]);
        Refused.With(() => Labels.Read(_folder.Write("negative", [0, 0, 0x0C, 1, .. Big(1), .. Big(-1)]), 1), "label 0 is -1");
        Refused.With(() => Labels.Read(_folder.Write("wide", [0, 0, 8, 2, .. Big(1), .. Big(70), .. new byte[70]]), 1), "rows of 70 numbers");
        Refused.With(() => Labels.Read(_folder.Write("floats", [0, 0, 0x0D, 1, .. Big(1), .. new byte[4]]), 1), "00000D01", "00000801", "00000C02");

        static byte[] Big(int number)
        {
            var bytes = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            return bytes;
        }
    }

    private int[] Read(string text, int count) => Labels.Read(_folder.Write("labels.txt", text), count);
}
