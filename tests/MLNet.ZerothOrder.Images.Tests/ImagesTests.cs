using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class ImagesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _labels;

    public ImagesTests() => _labels = _folder.Write("labels.txt", "5\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_is_told_by_its_content_gzipped_or_not()
    {
        byte[] npy = NpyReaderTests.Npy("<f4", "(1, 2, 2)", new float[4]);
        byte[] idx = IdxReaderTests.IdxImages(1, 2, 2);
        foreach (byte[] content in new[] { npy, TempFolder.Gzip(npy), idx, TempFolder.Gzip(idx) })
        {
            ImageSet set = Images.Read(_folder.Write("data", content), _labels);
            set.Shape.ShouldBe(new ImageShape(1, 2, 2));
            set.Label(0).ShouldBe(5);
        }

        Images.Read(_folder.Write("data", CifarReaderTests.Batch(4))).Label(0).ShouldBe(4);
        Png.Write(_folder.At("a.png"), new PixelBuffer(2, 2, 1));
        Images.Read(_folder.Path, _labels).ImageName(0).ShouldBe("a.png");
    }

    [Fact]
    public void Arrays_of_an_archive_are_read_by_name_or_by_their_shape()
    {
        float[] pixels = [0, 0.25f, 0.5f, 0.75f, 1, 0, 0.125f, 1];
        byte[] images = NpyReaderTests.Npy("<f4", "(2, 2, 2)", pixels), labels = NpyReaderTests.NpyLabels("<i8", 3, 4);
        string archive = Zip("one.npz", ("x.npy", images), ("y.npy", labels), ("readme.txt", [1, 2, 3]));

        foreach (ImageSet set in new[] { Images.Read(archive), Images.Read(archive + ":x"), Images.Read(archive, archive + ":y"), Images.Read(archive + ":x.npy", archive) })
        {
            set.Image(1).ToArray().ShouldBe(pixels[4..]);
            set.Label(1).ShouldBe(4);
        }

        string several = Zip("mnist.npz", ("x_train.npy", NpyReaderTests.Npy("<f4", "(1, 2, 2)", new float[4])), ("y_train.npy", NpyReaderTests.NpyLabels("|u1", 9)), ("x_test.npy", images), ("y_test.npy", labels));
        Images.Read(several + ":x_test").Label(0).ShouldBe(3);
        Refused.With(() => Images.Read(several), "2 arrays of fitting shape", "x_train <f4 (1, 2, 2)", $"such as {several}:x_train");
        Refused.With(() => Images.Read(several + ":x_tset"), "no member \"x_tset\"", "\"x_test.npy\"");
        Refused.With(() => Images.Read(Zip("text.npz", ("readme.txt", [1]))), "no array of fitting shape");
        Refused.With(() => Images.Read(_folder.Write("cut.npz", File.ReadAllBytes(archive).AsSpan(0, 100))), "cut.npz", "zip archive");
    }

    [Fact]
    public void An_archive_with_any_byte_changed_is_read_or_refused()
    {
        byte[] content = File.ReadAllBytes(Zip("a.npz", ("x.npy", NpyReaderTests.Npy("<f4", "(1, 2, 2)", new float[4])), ("y.npy", NpyReaderTests.NpyLabels("<i8", 3))));
        for (int i = 4; i < content.Length; i++)
        {
            byte[] changed = [.. content];
            changed[i] ^= 0x41;
            try
            {
                Images.Read(_folder.Write("changed.npz", changed));
            }
            catch (InputException)
            {
            }
        }
    }

    [Fact]
    public void What_cannot_be_a_CIFAR10_file_is_told_from_one_that_is_cut_off()
    {
        Refused.With(() => Images.Read(_folder.Write("photo.jpg", [0xFF, 0xD9, .. new byte[3071]])), "photo.jpg: is not a", "JPEG or PNG");
        Refused.With(() => Images.Read(_folder.Write("photo.jpg", [0xFF, 0xD9, .. new byte[9]]), _labels), "photo.jpg: is not a");
        Refused.With(() => Images.Read(_folder.Write("empty", [])), "empty: is not a");
        Refused.With(() => Images.Read(_folder.Write("batch.bin", CifarReaderTests.Batch(4).AsSpan(0, 3000))), "batch.bin", "byte 3000", "again");
    }

    [Fact]
    public void Labels_too_few_or_too_many_and_other_shapes_are_refused()
    {
        string npy = _folder.Write("a.npy", NpyReaderTests.Npy("<f4", "(1, 2, 2)", new float[4]));
        Refused.With(() => Images.Read(npy), "a.npy", "without labels");
        Refused.With(() => Images.Read(_folder.Write("a.idx", IdxReaderTests.IdxImages(1, 2, 2))), "a.idx", "without labels");
        Refused.With(() => Images.Read(_folder.Write("a.bin", CifarReaderTests.Batch(4)), _labels), "a.bin", "contains its labels");
        Refused.With(() => Images.Read(_folder.At("a.bin"), null, new ImageShape(1, 28, 28)), "3×32×32", "1×28×28");
        Png.Write(_folder.At("a.png"), new PixelBuffer(2, 2, 1));
        Refused.With(() => Images.Read(_folder.At("a.png"), _labels), "single PNG picture");
        Refused.With(() => Images.Read(_folder.At("nowhere"), _labels), "nowhere");
    }

    private string Zip(string name, params (string Name, byte[] Content)[] members)
    {
        using var zipped = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(zipped, System.IO.Compression.ZipArchiveMode.Create))
        {
            foreach ((string member, byte[] content) in members)
            {
                using Stream stream = zip.CreateEntry(member).Open();
                stream.Write(content);
            }
        }

        return _folder.Write(name, zipped.ToArray());
    }
}
