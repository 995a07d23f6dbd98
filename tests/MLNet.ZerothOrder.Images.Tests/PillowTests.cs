using System.Diagnostics;
using System.IO.Compression;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>Pixels are compared with those of Pillow, with which most classifiers of photos are trained. <c>pillow.py</c> wrote both into <c>pillow.zip</c>.</summary>
public sealed class PillowTests : IDisposable
{
    private const int HeaderBytes = 128;

    private static readonly string Pictures = Path.Combine(AppContext.BaseDirectory, "pillow.zip");

    private readonly TempFolder _folder = new();

    private static readonly string[] All = Entries();

    public static TheoryData<string> Names => [.. All];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void More_than_forty_pictures_are_compared() => All.Length.ShouldBe(41);

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoded_and_resized_pixels_are_within_one_level_of_Pillows(string name)
    {
        using ZipArchive zip = ZipFile.OpenRead(Pictures);
        Compare(zip, name);
    }

    [SkippableFact]
    public void So_are_those_of_the_Pillow_that_is_installed()
    {
        string path = _folder.At("own.zip");
        try
        {
            using Process python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "pillow.py"), path]) { RedirectStandardError = true })!;
            string error = python.StandardError.ReadToEnd();
            python.WaitForExit();
            Skip.If(error.Contains("No module named", StringComparison.Ordinal), "This machine's python3 has no Pillow and NumPy (Debian's python3-pil, python3-numpy).");
            python.ExitCode.ShouldBe(0, error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "This machine has no /usr/bin/python3.");
        }

        using ZipArchive zip = ZipFile.OpenRead(path);
        foreach (string name in All)
        {
            Compare(zip, name);
        }
    }

    [Fact]
    public void A_folder_of_photos_is_cropped_as_torchvision_does_it()
    {
        using ZipArchive zip = ZipFile.OpenRead(Pictures);
        foreach (string name in (string[])["jpeg-sub0.jpg", "jpeg-tall.jpeg"])
        {
            _folder.Write($"0/{name}", Content(zip, name));
        }

        ImageSet set = Images.Read(_folder.Path, shape: new ImageShape(3, 24, 24));

        set.Fit.ShouldBe("pictures were resized to 27 on the shorter side (antialiased bilinear) and cropped to the centre 24×24");
        for (int i = 0; i < set.Count; i++)
        {
            MustBeNear(PixelBuffer.FromImage(set.Image(i).Span, set.Shape), Content(zip, $"{set.ImageName(i)[2..]}-crop.npy"));
        }
    }

    private static string[] Entries()
    {
        using ZipArchive zip = ZipFile.OpenRead(Pictures);
        return [.. zip.Entries.Select(entry => entry.FullName).Where(PictureFile.IsNamed)];
    }

    private static void Compare(ZipArchive zip, string name)
    {
        PixelBuffer picture = PictureFile.Decode(Content(zip, name), name);
        byte[] decoded = Content(zip, $"{name}.npy");
        picture = picture.WithChannels(Header(decoded).EndsWith(", 3)", StringComparison.Ordinal) ? 3 : 1);
        MustBeNear(picture, decoded);
        MustBeNear(new PictureFit().Apply(picture, 24, 24), Content(zip, $"{name}-crop.npy"));

        // Pillow cuts 16 bits off after 8, Magick.NET rounds them, and weights below 0 make the difference larger.
        foreach ((string how, Interpolation interpolation) in ((string, Interpolation)[])[("cubic", Interpolation.Bicubic), ("lanczos", Interpolation.Lanczos), ("nearest", Interpolation.Nearest)])
        {
            MustBeNear(new PictureFit { Mode = FitMode.Stretch, Interpolation = interpolation }.Apply(picture, 15, 41), Content(zip, $"{name}-{how}.npy"), name == "png-deep.png" ? 2 : 1);
        }
    }

    private static byte[] Content(ZipArchive zip, string name)
    {
        using Stream stream = zip.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static void MustBeNear(PixelBuffer picture, byte[] npy, int most = 1)
    {
        Header(npy).ShouldBe($"({picture.Height}, {picture.Width}{(picture.Channels == 1 ? "" : $", {picture.Channels}")})");
        picture.Pixels.Zip(npy[HeaderBytes..], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(most);
    }

    // The shape in the header of a .npy file.
    private static string Header(byte[] npy)
    {
        string text = System.Text.Encoding.ASCII.GetString(npy, 10, HeaderBytes - 10);
        return text[text.IndexOf('(', StringComparison.Ordinal)..(text.IndexOf(')', StringComparison.Ordinal) + 1)];
    }
}
