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
        Refused.With(() => ImageFolder.Read(_folder.Path, elsewhere.Write("l.txt", "8\n")), "1 labels for the 2 pictures");
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
    public void Pictures_that_cannot_be_read_are_named_and_the_others_are_read()
    {
        Put("0/a.png", 1);
        Put("0/z.png", 2);
        _folder.Write("0/b.png", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        _folder.Write("0/c.png", "%PDF-1.4\n%");
        _folder.Write("0/d.jpg", []);
        _folder.Write("0/e.png", PngFile.Of(30_000, 30_000, 8, 2, new byte[90_001]));
        _folder.Write("0/f.jpg", File.ReadAllBytes(_folder.At("0/a.png")));

        ImageSet set = ImageFolder.Read(_folder.Path);

        Describe(set).ShouldBe(["0/a.png 0 1", "0/z.png 0 2"]);
        set.Warnings.Count.ShouldBe(6);
        set.Warnings[0].ShouldStartWith($"5 pictures were skipped in {_folder.Path}: 5 that cannot be read;");
        set.Warnings[1].ShouldBe($"{_folder.At("0/b.png")}: starts with \"<svg xml\", unlike a PNG file; save it as PNG.");
        set.Warnings[2].ShouldContain("c.png: starts with \"%PDF-1.4\", unlike a PNG file");
        set.Warnings[3].ShouldBe($"{_folder.At("0/d.jpg")}: is empty; copy or save it again.");
        set.Warnings[4].ShouldContain("e.png: has 30000×30000 pixels");
        set.Warnings[5].ShouldBe($"{_folder.At("0/f.jpg")}: is a PNG file; name it f.png, or save it as JPEG.");
        File.Delete(_folder.At("0/a.png"));
        File.Delete(_folder.At("0/z.png"));
        Refused.With(() => ImageFolder.Read(_folder.Path), "none of its 5 pictures can be read", "b.png");
    }

    [Fact]
    public void An_image_of_another_size_is_named()
    {
        Put("0/a.png", 1);
        Png.Write(_folder.At("0/b.png"), new PixelBuffer(2, 2, 3));
        Refused.With(() => Images.Read(_folder.Path, shape: new ImageShape(1, 1, 2)), "b.png", "3×2×2", "1×1×2");
    }

    [Fact]
    public void Photos_of_several_sizes_get_the_size_of_a_model_when_they_are_read()
    {
        Directory.CreateDirectory(_folder.At("0"));
        Png.Write(_folder.At("0/a.png"), new PixelBuffer(300, 400, 3));
        Png.Write(_folder.At("0/b.png"), new PixelBuffer(20, 30, 3, [.. Enumerable.Repeat((byte)51, 1800)]));

        ImageSet set = ImageFolder.Read(_folder.Path);

        set.Shape.ShouldBe(new ImageShape(3, 224, 224));
        set.Assumptions[^1].ShouldBe("pictures were resized to 256 on the shorter side (antialiased bilinear) and cropped to the centre 224×224");
        ImageSet gray = set.At(new ImageShape(1, 32, 32))!;
        gray.Image(1).ToArray().ShouldAllBe(pixel => pixel == 0.2f);
        gray.Fit.ShouldBe("pictures were resized to 37 on the shorter side (antialiased bilinear) and cropped to the centre 32×32, 2 of 2 pictures were turned to gray");
        gray.Hash().ShouldNotBe(set.Hash());
        gray.Select([1]).Image(0).ShouldBe(gray.Image(1));
        set.At(new ImageShape(3, 32, 64)).ShouldBeNull();
        set.At(new ImageShape(3, 500, 500)).ShouldBeNull();
        ImageSet stretched = ImageFolder.Read(_folder.Path, fit: new PictureFit { Mode = FitMode.Stretch }).At(new ImageShape(3, 32, 64))!;
        stretched.Fit.ShouldBe("pictures were stretched to 32×64 (antialiased bilinear)");
        ImageSet padded = ImageFolder.Read(_folder.Path, fit: new PictureFit { Mode = FitMode.Pad }).At(new ImageShape(3, 40, 40))!;
        Bytes(padded, 1).Count(pixel => pixel == 51).ShouldBe(3 * 27 * 40);
        ImageFolder.Read(_folder.Path, fit: new PictureFit { Mode = FitMode.None }).At(new ImageShape(3, 32, 32)).ShouldBeNull();
        Refused.With(() => ImageFolder.Read(_folder.Path, fit: new PictureFit { Resize = 31 }).At(new ImageShape(3, 32, 32)), "31", "32×32", "at least 32");
    }

    [Fact]
    public void A_change_is_put_back_into_the_picture_at_its_own_size_and_survives_being_read_again()
    {
        var random = new Random(5);
        var photo = new PixelBuffer(90, 60, 3, [.. Enumerable.Range(0, 90 * 60 * 3).Select(i => (byte)(60 + (i / 3 % 90) + random.Next(20)))]);
        Directory.CreateDirectory(_folder.At("0"));
        Png.Write(_folder.At("0/a.png"), photo);
        ImageSet set = ImageFolder.Read(_folder.Path).At(new ImageShape(3, 24, 24))!;
        float[] changed = [.. set.Image(0).ToArray().Select(pixel => pixel + (random.Next(-3, 4) / 255f))];

        (byte[] file, float[] image) = set.WriteBack(0, changed)!.Value;

        PixelBuffer picture = PictureFile.Decode(file, "a.png");
        picture.Shape.ShouldBe(photo.Shape);
        float[] again = new float[changed.Length];
        new PictureFit().Apply(picture, 24, 24).CopyTo(again);
        again.ShouldBe(image);
        changed.Zip(image, (a, b) => Math.Abs(a - b) * 255.0).Average().ShouldBeLessThan(0.1);

        // The centre of 24 of the 27 pixels to which the shorter side was resized is 53 of 60 rows and columns, and bilinear weights reach a little further.
        (int First, int Second)[] touched = [.. Enumerable.Range(0, 90 * 60).Where(p => !picture.Pixels.AsSpan(3 * p, 3).SequenceEqual(photo.Pixels.AsSpan(3 * p, 3))).Select(p => (p % 90, p / 90))];
        touched.Min(p => p.First).ShouldBeInRange(15, 19);
        touched.Max(p => p.First).ShouldBeInRange(70, 74);
        set.Select([0]).WithLabels([3]).WriteBack(0, changed)!.Value.File.ShouldBe(file);
        new ImageSet("s", new ImageShape(1, 1, 1), new float[1], [0]).WriteBack(0, [0]).ShouldBeNull();
    }

    [Fact]
    public void A_damage_that_the_header_does_not_show_is_told_when_the_picture_is_read()
    {
        var noise = new PixelBuffer(40, 40, 3);
        new Random(1).NextBytes(noise.Pixels);
        byte[] whole = Png.Encode(noise);
        _folder.Write("0/a.png", whole);
        _folder.Write("0/b.png", whole[..(whole.Length / 2)]);

        ImageSet set = ImageFolder.Read(_folder.Path);

        set.Warnings.ShouldBeEmpty();
        set.Count.ShouldBe(2);
        set.Error(0).ShouldBeNull();
        set.Error(1)!.ShouldContain("b.png: is damaged or cut off");
        Refused.With(() => set.Image(1), "b.png");
    }

    [Fact]
    public void Gray_images_among_colored_ones_become_colored()
    {
        Put("0/a.png", 7);
        Png.Write(_folder.At("0/b.png"), new PixelBuffer(2, 1, 3, [1, 2, 3, 4, 5, 6]));
        Png.Write(_folder.At("0/c.png"), new PixelBuffer(2, 1, 4, [1, 2, 3, 255, 200, 100, 50, 128]));

        ImageSet set = ImageFolder.Read(_folder.Path);

        set.Shape.ShouldBe(new ImageShape(3, 1, 2));
        Bytes(set, 0).ShouldBe([7, 255, 7, 255, 7, 255]);
        Bytes(set, 1).ShouldBe([1, 4, 2, 5, 3, 6]);
        Bytes(set, 2).ShouldBe([1, 200, 2, 100, 3, 50]);
        set.Assumptions.ShouldBe(["sub-folder 0 was taken as class 0", "1 of 3 pictures was repeated in all colors, being gray, 1 of 3 pictures was read without opacity"]);
    }

    [Fact]
    public void Opacity_is_a_fourth_channel_where_all_images_have_it()
    {
        Directory.CreateDirectory(_folder.At("0"));
        Png.Write(_folder.At("0/a.png"), new PixelBuffer(2, 1, 4, [1, 2, 3, 255, 200, 100, 50, 128]));

        ImageSet set = ImageFolder.Read(_folder.Path);

        Bytes(set, 0).ShouldBe([1, 200, 2, 100, 3, 50, 255, 128]);
        Bytes(set.WithChannels(3)!, 0).ShouldBe([1, 200, 2, 100, 3, 50]);
        Bytes(Images.Read(_folder.Path, shape: new ImageShape(3, 1, 2)), 0).ShouldBe([1, 200, 2, 100, 3, 50]);
        Bytes(set.WithChannels(1)!, 0).ShouldBe([2, 124]);
    }

    [Fact]
    public void Equal_colors_become_gray_and_gray_becomes_any_number_of_channels()
    {
        Directory.CreateDirectory(_folder.At("0"));
        Png.Write(_folder.At("0/a.png"), new PixelBuffer(2, 1, 3, [9, 9, 9, 20, 20, 20]));
        ImageSet color = ImageFolder.Read(_folder.Path);

        ImageSet gray = color.WithChannels(1)!;

        Bytes(gray, 0).ShouldBe([9, 20]);
        gray.ImageName(0).ShouldBe("0/a.png");
        Bytes(gray.WithChannels(3)!, 0).ShouldBe(Bytes(color, 0));
        Bytes(gray.WithChannels(4)!, 0).ShouldBe([9, 20, 9, 20, 9, 20, 255, 255]);
        gray.WithChannels(2).ShouldBeNull();
        Png.Write(_folder.At("0/a.png"), new PixelBuffer(2, 1, 3, [9, 9, 9, 20, 20, 21]));
        Bytes(ImageFolder.Read(_folder.Path).WithChannels(1)!, 0).ShouldBe([9, 20]);
    }

    [Fact]
    public void Pictures_that_are_not_read_are_counted_and_named()
    {
        Put("0/a.png", 1);
        Put("1/b.png", 2);
        ImageFolder.Read(_folder.Path).Warnings.ShouldBeEmpty();
        Put("loose.png", 3);
        Put("1/more/c.png", 4);
        _folder.Write("1/d.heic", "x");
        _folder.Write("0/e.HEIC", "x");
        _folder.Write("0/f.ppm", "x");
        _folder.Write("0/.g.jpg", "a hidden leftover");

        ImageSet set = ImageFolder.Read(_folder.Path);

        set.Count.ShouldBe(2);
        set.Warnings.ShouldBe([$"5 pictures were skipped in {_folder.Path}: 2 in other folders (such as 1/more/c.png), 1 PNM (such as 0/f.ppm), 2 HEIF (such as 0/e.HEIC); convert other formats to PNG or JPEG, and put pictures where the 2 others are."]);
        set.Select([0]).Warnings.ShouldBe(set.Warnings);
    }

    [Fact]
    public void Folders_are_matched_to_the_names_of_the_classes()
    {
        Put("n08 Eight/a.png", 1);
        Put("n03 three/a.png", 2);
        Directory.CreateDirectory(_folder.At("results"));
        var classes = new ClassNames(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]);

        ImageSet set = ImageFolder.Read(_folder.Path, classes: classes);

        Describe(set).ShouldBe(["n03 three/a.png 3 2", "n08 Eight/a.png 8 1"]);
        set.Assumptions.ShouldBe(["sub-folders n03 three, n08 Eight were taken as classes 3, 8"]);
        Put("tenn/a.png", 3);
        Refused.With(() => ImageFolder.Read(_folder.Path, classes: classes), "\"tenn\"", "10 classes");
        Directory.Delete(_folder.At("tenn"), true);
        Put("eight/a.png", 3);
        Refused.With(() => ImageFolder.Read(_folder.Path, classes: classes), "eight and n08 Eight", "class 8");
    }

    [Fact]
    public void Files_in_a_folder_without_class_folders_are_matched_to_the_names_of_the_classes()
    {
        Put("n01443537_18.png", 1);
        Put("Tench (2).png", 2);
        var classes = new ClassNames(["n01440764 tench, Tinca tinca", "n01443537 goldfish, Carassius auratus"]);

        ImageSet set = ImageFolder.Read(_folder.Path, classes: classes);

        Describe(set).ShouldBe(["Tench (2).png 0 2", "n01443537_18.png 1 1"]);
        set.Assumptions.ShouldBe(["files Tench (2).png, n01443537_18.png were taken as classes 0, 1"]);
        Refused.With(() => ImageFolder.Read(_folder.Path), "holds no labelled picture");
        Put("1.png", 3);
        Refused.With(() => ImageFolder.Read(_folder.Path, classes: classes), "\"1.png\"", "2 classes");
    }

    [Fact]
    public void Unlabelled_pictures_are_read_from_a_folder_and_its_sub_folders()
    {
        Put("b.png", 1);
        Put("3/a.png", 2);
        _folder.Write("labels.csv", "file,class\nb.png,3\n");

        ImageSet set = ImageFolder.ReadUnlabelled(_folder.Path);

        Describe(set).ShouldBe(["3/a.png -1 2", "b.png -1 1"]);
        set.IsUnlabelled.ShouldBeTrue();
        set.WithLabels([0, 1]).IsUnlabelled.ShouldBeFalse();
        Refused.With(() => ImageFolder.ReadUnlabelled(_folder.At("none")), "is not a folder");
        Directory.CreateDirectory(_folder.At("empty"));
        Refused.With(() => ImageFolder.ReadUnlabelled(_folder.At("empty")), "holds no picture");
    }

    [Fact]
    public void A_list_from_Windows_is_read()
    {
        Put("3/a.png", 1);
        _folder.Write("labels.csv", "file,class\r\n3\\a.png,3\r\n");
        Describe(ImageFolder.Read(_folder.Path)).ShouldBe(["3/a.png 3 1"]);
    }

    [Fact]
    public void Folders_without_a_clear_meaning_are_refused()
    {
        Refused.With(() => ImageFolder.Read(_folder.At("nowhere")), "nowhere", "does not exist");
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled picture", "labels.csv");
        Put("loose.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled picture");
        Put("1/a.png", 1);
        Put("cat/a.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "\"cat\"");
        Directory.Delete(_folder.At("cat"), true);
        Put("01/a.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "01 and 1", "class 1");
    }

    [Fact]
    public void Images_of_other_kinds_are_named_where_there_is_no_picture()
    {
        foreach (string file in new[] { "cat/a.heic", "cat/b.HEIF", "dog/c.ppm" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(file))!);
            _folder.Write(file, []);
        }

        Refused.With(() => ImageFolder.Read(_folder.Path), "holds 1 PNM and 2 HEIF images, which are not read", "PNG or JPEG");
        Refused.With(() => ImageFolder.Read(_folder.At("dog"), _folder.Write("l.txt", "0\n")), "holds 1 PNM image, which");
        Put("loose.png", 1);
        Refused.With(() => ImageFolder.Read(_folder.Path), "no labelled picture");
    }

    private void Put(string name, byte first)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        Png.Write(_folder.At(name), new PixelBuffer(2, 1, 1, [first, 255]));
    }

    private static byte[] Bytes(ImageSet set, int image) => [.. set.Image(image).ToArray().Select(pixel => (byte)MathF.Round(pixel * 255))];

    private static string[] Describe(ImageSet set) =>
        [.. Enumerable.Range(0, set.Count).Select(i => $"{set.ImageName(i)} {set.Label(i)} {set.Image(i).Span[0] * 255f:0}")];
}
