using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>The files were written by DuckDB (<c>parquet.mjs</c>).</summary>
public sealed class ParquetImagesTests : IDisposable
{
    private static readonly string Hub = In("hub.parquet"), Plain = In("plain.parquet"), Bare = In("bare.parquet");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_the_hub_gives_the_pictures_and_labels_that_it_was_made_of()
    {
        ImageSet set = Images.Read(Hub);

        set.Shape.ShouldBe(new ImageShape(3, 12, 10));
        Enumerable.Range(0, set.Count).Select(set.Label).ShouldBe([0, 1, 2, 0, 1, 2]);
        set.Assumptions.ShouldBe(["column label of hub.parquet was taken as labels, with the names cat, dog, owl"]);
        for (int i = 0; i < 6; i++)
        {
            float[] expected = [.. from c in Enumerable.Range(0, 3) from y in Enumerable.Range(0, 12) from x in Enumerable.Range(0, 10) select ((9 * y) + (7 * x) + (40 * c) + (25 * i)) % 256 / 255f];
            float[] image = set.Image(i).ToArray();

            // The fourth is a JPEG file.
            image.Zip(expected, (a, b) => Math.Abs(a - b)).Average().ShouldBeLessThan(i == 3 ? 0.1f : 1e-9f);
        }
    }

    [Fact]
    public void Its_names_are_matched_to_the_models()
    {
        Enumerable.Range(0, 6).Select(Images.Read(Hub, classes: new ClassNames(["owl", "dog", "bat", "cat"])).Label).ShouldBe([3, 1, 0, 3, 1, 0]);
        Refused.With(() => Images.Read(Hub, classes: new ClassNames(["owl", "dog"])), Hub, "of image 0", "\"cat\"");
        Enumerable.Range(0, 6).Select(Images.Read(Plain).Label).ShouldBe([2, 0, 1, 2, 0, 1]);
        Enumerable.Range(0, 6).Select(Images.Read(Plain, classes: new ClassNames(["owl", "dog", "cat"])).Label).ShouldBe([0, 2, 1, 0, 2, 1]);
    }

    [Fact]
    public void Its_pictures_are_fitted_like_those_of_a_folder()
    {
        var fit = new PictureFit { Mode = FitMode.Stretch };
        ImageSet set = Images.Read(Hub, shape: new ImageShape(3, 6, 6), fit: fit);

        set.Fit.ShouldBe("pictures were stretched to 6×6 (antialiased bilinear)");
        var image = new float[108];
        fit.Apply(PixelBuffer.FromImage(Images.Read(Hub).Image(1).Span, new ImageShape(3, 12, 10)), 6, 6).CopyTo(image);
        set.Image(1).ToArray().ShouldBe(image);
    }

    [Fact]
    public void Without_labels_they_are_in_another_file_or_those_of_the_model()
    {
        string labels = _folder.Write("labels.txt", "5\n4\n3\n2\n1\n0\n");

        Refused.With(() => Images.Read(Bare), Bare, "no column of labels");
        ImageSet set = Images.Read(Bare, labels);
        Enumerable.Range(0, set.Count).Select(set.Label).ShouldBe([5, 4, 2, 1, 0]);
        Enumerable.Range(0, set.Count).Select(set.ImageName).ShouldBe(["0", "1", "3", "4", "5"]);
        set.Warnings.Count.ShouldBe(2);
        set.Warnings[0].ShouldBe($"1 of 6 pictures of {Bare} cannot be read and were skipped.");
        set.Warnings[1].ShouldContain("image 2");
        Images.ReadUnlabelled(Hub).IsUnlabelled.ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_is_cut_off_or_damaged_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Hub);
        for (int length = 4; length < whole.Length; length += 211)
        {
            string path = _folder.Write("cut.parquet", whole.AsSpan(0, length));
            Refused.With(() => Images.Read(path), path);
        }

        var dice = new Random(7);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. whole];
            damaged[dice.Next(4, damaged.Length)] ^= (byte)(1 << dice.Next(8));
            string path = _folder.Write("damaged.parquet", damaged);
            try
            {
                ImageSet set = Images.Read(path);
                Enumerable.Range(0, set.Count).ToList().ForEach(index => set.Image(index));
            }
            catch (InputException e)
            {
                e.Message.ShouldContain(path);
            }
        }
    }

    private static string In(string name) => Path.Combine(AppContext.BaseDirectory, name);
}
