using System.Buffers.Binary;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _labels;

    public IdxReaderTests() => _labels = _folder.Write("labels", IdxLabels(4, 0, 9));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_labels_and_shape_arrive_plain_or_gzipped(bool isGzip)
    {
        byte[] content = IdxImages(3, 2, 4);
        string images = _folder.Write("images", isGzip ? TempFolder.Gzip(content) : content);

        ImageSet set = IdxReader.Read(images, _labels);

        set.Name.ShouldBe("images");
        set.Count.ShouldBe(3);
        set.Shape.ShouldBe(new ImageShape(1, 2, 4));
        Enumerable.Range(0, 3).Select(set.Label).ShouldBe([4, 0, 9]);
        for (int i = 0; i < 24; i++)
        {
            set.Image(i / 8).Span[i % 8].ShouldBe(content[16 + i] / 255f);
        }
    }

    [Fact]
    public void Every_byte_becomes_the_nearest_float_to_its_255th()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        var pixels = new float[256];
        IdxReader.FromBytes(bytes, pixels);
        pixels.ShouldBe(bytes.Select(b => b / 255f));
        pixels[0].ShouldBe(0f);
        pixels[255].ShouldBe(1f);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        Refused.AtEveryCut(_folder, IdxImages(3, 2, 4), path => IdxReader.Read(path, _labels));
        string images = _folder.Write("images", IdxImages(3, 2, 4));
        Refused.AtEveryCut(_folder, IdxLabels(4, 0, 9), path => IdxReader.Read(images, path));
    }

    [Fact]
    public void Bytes_after_the_last_image_are_refused_with_their_place() =>
        Refused.With(() => Read([.. IdxImages(3, 2, 4), 7]), "images", "byte 40");

    [Fact]
    public void A_file_of_another_kind_is_refused_with_what_it_starts_with()
    {
        Refused.With(() => Read([0x50, 0x4B, 3, 4, .. new byte[40]]), "504B0304", "00000803");
        Refused.With(() => Read(IdxLabels(1, 2, 3)), "00000801", "00000803", "images");
        Refused.With(() => IdxReader.Read(_folder.Write("a", IdxImages(3, 2, 4)), _folder.At("a")), "00000803", "00000801", "labels");
    }

    [Theory]
    [InlineData(uint.MaxValue, 28u, 28u)]
    [InlineData(1u, uint.MaxValue, uint.MaxValue)]
    [InlineData(1u, 0u, 28u)]
    [InlineData(0u, 28u, 28u)]
    [InlineData(2_000_000_000u, 1u, 1u)]
    public void Absurd_sizes_are_refused_before_memory_is_taken(uint count, uint height, uint width)
    {
        byte[] content = IdxImages(3, 2, 4);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(4), count);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(8), height);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(12), width);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused.With(() => Read(content));
        Refused.With(() => Read(TempFolder.Gzip(content)));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 22);
    }

    [Fact]
    public void A_different_number_of_labels_is_refused_with_both_numbers() =>
        Refused.With(() => IdxReader.Read(_folder.Write("images", IdxImages(2, 2, 4)), _labels), "labels", "3 labels for 2 images");

    [Fact]
    public void What_is_not_there_or_no_file_is_refused_by_name()
    {
        Refused.With(() => IdxReader.Read(_folder.At("nothing"), _labels), "nothing", "does not exist");
        Refused.With(() => IdxReader.Read(_folder.At("no/such/folder"), _labels), "does not exist");
        Refused.With(() => IdxReader.Read(_folder.Path, _labels), _folder.Path, "is a folder");
        Refused.With(() => IdxReader.Read("", _labels), "check the path");
    }

    internal static byte[] IdxImages(int count, int height, int width)
    {
        var content = new byte[16 + (count * height * width)];
        content[2] = 8;
        content[3] = 3;
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4), count);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(8), height);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(12), width);
        for (int i = 16; i < content.Length; i++)
        {
            content[i] = (byte)(37 * i);
        }

        return content;
    }

    internal static byte[] IdxLabels(params byte[] labels)
    {
        var content = new byte[8];
        content[2] = 8;
        content[3] = 1;
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4), labels.Length);
        return [.. content, .. labels];
    }

    private ImageSet Read(byte[] images) => IdxReader.Read(_folder.Write("images", images), _labels);
}
