using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Numbered_sub_folders_are_class_indices()
    {
        Put("10/a.png", 1);
        Put("2/b.png", 2);
        Put("2/a.PNG", 3);
        _folder.Write("2/notes.txt", "not an image");
        _folder.Write("2/._a.png", "a hidden leftover");

        ImageSet set = ImageFolder.Read(_folder.Path);

        set.Name.ShouldBe(Path.GetFileName(_folder.Path));
        set.Shape.ShouldBe(new ImageShape(1, 1, 2));
        Describe(set).ShouldBe(["10/a.png 10 1", "2/a.PNG 2 3", "2/b.png 2 2"]);
    }

    [Fact]
    public void Named_sub_folders_are_classes_in_ordinal_order_empty_ones_too()
    {
        Put("dog/1.png", 1);
        Put("Zebra/1.png", 2);
        Directory.CreateDirectory(_folder.At("cat"));
        Directory.CreateDirectory(_folder.At(".git"));
        Describe(ImageFolder.Read(_folder.Path)).ShouldBe(["Zebra/1.png 0 2", "dog/1.png 2 1"]);
    }

    [Fact]
    public void A_list_names_the_images_and_their_labels()
    {
        Put("b.png", 1);
        Put("sub/a.png", 2);
        Put("unlisted.png", 3);
        _folder.Write("labels.csv", "file,label\nsub/a.png,7\nb.png,5\n");
        Describe(ImageFolder.Read(_folder.Path)).ShouldBe(["b.png 5 1", "sub/a.png 7 2"]);
    }

    [Fact]
    public void Bare_labels_belong_to_the_images_in_ordinal_order()
    {
        Put("b.png", 1);
        Put("a.png", 2);
        using var elsewhere = new TempFolder();
        Describe(ImageFolder.Read(_folder.Path, elsewhere.Write("l.txt", "8\n9\n"))).ShouldBe(["a.png 8 2", "b.png 9 1"]);
        Refused.With(() => ImageFolder.Read(_folder.Path, elsewhere.Write("l.txt", "8\n")), "1 labels for the 2 PNG images");
    }

    [Theory]
    [InlineData("../x.png")]
    [InlineData("a/../../x.png")]
    [InlineData("..\\x.png")]
    [InlineData("/etc/x.png")]
    [InlineData("\\x.png")]
    [InlineData("C:x.png")]
    [InlineData("x\u0000.png")]
    [InlineData("")]
    public void A_list_cannot_lead_out_of_the_folder(string file)
    {
        Put("a.png", 1);
        _folder.Write("labels.csv", $"a.png,1\n{file},2\n");
        Refused.With(() => ImageFolder.Read(_folder.Path), "labels.csv", "line 2", "inside the folder");
    }

    [Fact]
    public void A_list_with_a_file_that_is_not_there_or_twice_is_refused()
    {
        Put("a.png", 1);
        _folder.Write("labels.csv", "a.png,1\nb.png,1\n");
        Refused.With(() => ImageFolder.Read(_folder.Path), "b.png", "does not exist");
        _folder.Write("labels.csv", "a.png,1\na.png,2\n");
        Refused.With(() => ImageFolder.Read(_folder.Path), "line 2", "second time");
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_named()
    {
        Put("0/a.png", 1);
        _folder.Write("0/b.png", "no PNG");
        Refused.With(() => ImageFolder.Read(_folder.Path), "b.png", "PNG");
    }

    [Fact]
    public void An_image_of_another_size_or_kind_is_named()
    {
        Put("0/a.png", 1);
        Png.Write(_folder.At("0/b.png"), new PixelBuffer(2, 1, 3));
        Refused.With(() => ImageFolder.Read(_folder.Path), "b.png", "3×1×2", "1×1×2");
    }

    [Fact]
    public void Folders_without_a_clear_meaning_are_refused()
    {
        Refused.With(() => ImageFolder.Read(_folder.At("nowhere")), "nowhere", "does not exist");
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled PNG", "labels.csv");
        Put("loose.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled PNG");
        Put("1/a.png", 1);
        Put("cat/a.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "\"cat\"");
        Directory.Delete(_folder.At("cat"), true);
        Put("01/a.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "01 and 1", "class 1");
    }

    [Fact]
    public void Images_of_other_kinds_are_named_where_there_is_no_PNG()
    {
        foreach (string file in new[] { "cat/a.jpg", "cat/b.JPEG", "dog/c.webp" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(file))!);
            _folder.Write(file, []);
        }

        Refused.With(() => ImageFolder.Read(_folder.Path), "holds 2 JPEG and 1 WebP images and no PNG", "8-bit PNG");
        Refused.With(() => ImageFolder.Read(_folder.At("dog"), _folder.Write("l.txt", "0\n")), "holds 1 WebP image and no PNG");
        Put("loose.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled PNG");
    }

    private void Put(string name, byte first)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        Png.Write(_folder.At(name), new PixelBuffer(2, 1, 1, [first, 255]));
    }

    private static string[] Describe(ImageSet set) =>
        [.. Enumerable.Range(0, set.Count).Select(i => $"{set.ImageName(i)} {set.Label(i)} {set.Image(i).Span[0] * 255f:0}")];
}
