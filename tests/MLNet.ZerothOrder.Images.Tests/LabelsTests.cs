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
    public void Text_of_every_kind_gives_the_same_labels(string text)
    {
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
    [InlineData("", "line 1 has no label")]
    [InlineData("label\n", "0 labels for 3 images")]
    [InlineData("1\n\n3\n", "line 2 has no label")]
    [InlineData("1\n2.5\n3\n", "line 2", "\"2.5\"", "not an integer")]
    [InlineData("1\ncat\n3\n", "line 2", "\"cat\"", "not an integer")]
    [InlineData("klass\n1\n2\n", "line 1", "\"klass\"")]
    [InlineData("1\n-1\n3\n", "line 2", "\"-1\"", "class index")]
    [InlineData("1\n99999999999\n3\n", "line 2", "class index")]
    [InlineData("1\n2\na,3\n", "line 3 has a comma", "line 1")]
    [InlineData("file,label\n0,3\n1\n2,1\n", "line 3 has no comma", "line 2")]
    [InlineData("0,3\n1,\n2,1\n", "line 2 has no label")]
    [InlineData("0,3\n0,1\n2,1\n", "line 2", "second time")]
    [InlineData("0,3\n1,1\n3,1\n", "line 3", "\"3\"", "0..2")]
    [InlineData("0,3\n1,1\n../2,1\n", "line 3", "\"../2\"")]
    public void Bad_text_is_refused_with_its_line(string text, params string[] parts) => Refused.With(() => Read(text, 3), ["labels.txt", .. parts]);

    [Fact]
    public void Foreign_content_shows_printable_and_short_in_the_message()
    {
        Refused.With(() => Read("\u001b[31m" + new string('x', 100_000), 1), "\"?[31mxxx", "…\"");
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

    private int[] Read(string text, int count) => Labels.Read(_folder.Write("labels.txt", text), count);
}
