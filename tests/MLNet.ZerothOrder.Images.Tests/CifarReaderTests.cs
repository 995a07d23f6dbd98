using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class CifarReaderTests : IDisposable
{
    private const int Record = 3073;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_are_read_one_after_another_plain_or_gzipped()
    {
        byte[] first = Batch(3, 9);
        byte[] second = Batch(0);

        ImageSet set = CifarReader.Read([_folder.Write("a.bin", first), _folder.Write("b.bin.gz", TempFolder.Gzip(second))]);

        set.Name.ShouldBe("cifar10");
        set.Shape.ShouldBe(new ImageShape(3, 32, 32));
        Enumerable.Range(0, set.Count).Select(set.Label).ShouldBe([3, 9, 0]);
        set.Image(1).ToArray().ShouldBe(first[(Record + 1)..].Select(b => b / 255f));
        set.Image(2).ToArray().ShouldBe(second[1..].Select(b => b / 255f));
    }

    [Fact]
    public void A_file_cut_anywhere_but_between_records_is_refused()
    {
        byte[] content = Batch(1, 2);
        string path = _folder.At("cut");
        for (int length = 0; length < content.Length; length += 61)
        {
            _folder.Write("cut", content.AsSpan(0, length));
            Refused.With(() => CifarReader.Read([path]), path, $"ends at byte {length}", "3073");
        }

        _folder.Write("cut", content.AsSpan(0, Record));
        CifarReader.Read([path]).Count.ShouldBe(1);

        // Noise so that the gzip data is long enough to have an inside.
        byte[] noise = new byte[Record];
        new Random(1).NextBytes(noise);
        noise[0] = 1;
        byte[] zipped = TempFolder.Gzip(noise);
        for (int length = 0; length < zipped.Length; length += length < zipped.Length - 20 ? 19 : 1)
        {
            _folder.Write("cut", zipped.AsSpan(0, length));
            Refused.With(() => CifarReader.Read([path]), path);
        }
    }

    [Fact]
    public void A_label_above_nine_is_refused_with_its_record_and_byte() =>
        Refused.With(() => CifarReader.Read([_folder.Write("a.bin", Batch(3, 10))]), "a.bin", "record 1", "byte 3073", "is 10", "0..9");

    [Fact]
    public void No_file_at_all_is_the_callers_mistake() => Should.Throw<ArgumentException>(() => CifarReader.Read([]));

    internal static byte[] Batch(params byte[] labels)
    {
        var content = new byte[Record * labels.Length];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = i % Record == 0 ? labels[i / Record] : (byte)(i * 31 / 7);
        }

        return content;
    }
}
