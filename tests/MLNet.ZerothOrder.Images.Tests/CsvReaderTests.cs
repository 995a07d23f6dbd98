using System.Globalization;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class CsvReaderTests : IDisposable
{
    // Two images of 3 × 3: 0, 31, 62, … and the same backwards.
    private static readonly int[][] Bytes = [[.. Enumerable.Range(0, 9).Select(i => 31 * i)], [.. Enumerable.Range(0, 9).Select(i => 248 - (31 * i))]];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Tables => new()
    {
        { "no heading, the label first", $"7,{Row(0)}\n2,{Row(1)}\n" },
        { "Kaggle's", $"label,{Names("pixel")}\n7,{Row(0)}\n2,{Row(1)}" },
        { "the label last", $"{Names("pixel")},class\n{Row(0)},7\n{Row(1)},2\n" },
        { "headings that are numbers", $"label,{Names("")}\n7,{Row(0)}\n2,{Row(1)}\n" },
        { "row numbers of pandas", $",label,{Names("")}\r\n0,7,{Row(0)}\r\n1,2,{Row(1)}\r\n" },
        { "row numbers and no heading for labels", $"Unnamed: 0,emotion,{Names("p")}\n0,7,{Row(0)}\n1,2,{Row(1)}\n" },
        { "semicolons", $"7;{Row(0, ";")}\n2;{Row(1, ";")}\n\n" },
        { "FER2013's", $"emotion,pixels,Usage\n7,\"{Row(0, " ")}\",Training\n2,{Row(1, " ")},PublicTest\n" },
        { "fractions", $"7,{Fractions(0)}\n2,{Fractions(1)}\n" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_of_pixels_gives_the_images_and_labels_that_it_was_made_of(string kind, string text)
    {
        foreach (string path in (string[])[_folder.Write("a.csv", text), _folder.Write("a.csv.gz", TempFolder.Gzip(System.Text.Encoding.UTF8.GetBytes(text)))])
        {
            ImageSet set = Images.Read(path);

            set.Shape.ShouldBe(new ImageShape(1, 3, 3), kind);
            Enumerable.Range(0, set.Count).Select(set.Label).ShouldBe([7, 2], kind);
            for (int i = 0; i < 2; i++)
            {
                set.Image(i).ToArray().ShouldBe(Bytes[i].Select(value => value / 255f), kind);
            }
        }
    }

    [Fact]
    public void Colour_needs_the_size_and_is_read_channel_by_channel()
    {
        string path = _folder.Write("colour.csv", $"1,{string.Join(',', Enumerable.Range(0, 12).Select(i => 20 * i))}\n");

        ImageSet set = Images.Read(path, shape: new ImageShape(3, 2, 2));

        set.Image(0).ToArray().ShouldBe(Enumerable.Range(0, 12).Select(i => 20 * i / 255f));
        Refused.With(() => Images.Read(path), path, "12 pixels", "3x32x32");
        Refused.With(() => Images.Read(path, shape: new ImageShape(3, 4, 4)), path, "12 pixels", "have 48");
    }

    [Fact]
    public void Labels_may_be_names_or_in_another_file()
    {
        string named = _folder.Write("named.csv", $"label,{Names("p")}\ndog,{Row(0)}\ncat,{Row(1)}\n"), bare = _folder.Write("bare.csv", $"{Row(0)}\n{Row(1)}\n"), labels = _folder.Write("labels.txt", "4\n5\n");

        ImageSet ordered = Images.Read(named);
        Enumerable.Range(0, 2).Select(ordered.Label).ShouldBe([1, 0]);
        ordered.Assumptions.ShouldBe(["pixels of named.csv were taken as 0..255", "labels cat, dog of named.csv were taken as classes 0, 1"]);
        Enumerable.Range(0, 2).Select(Images.Read(named, classes: new ClassNames(["dog", "emu", "cat"])).Label).ShouldBe([0, 2]);
        ImageSet other = Images.Read(bare, labels);
        Enumerable.Range(0, 2).Select(other.Label).ShouldBe([4, 5]);
        other.Shape.ShouldBe(new ImageShape(1, 3, 3));

        // The labels of the table do not count where a file of labels is given.
        Enumerable.Range(0, 2).Select(Images.Read(named, labels).Label).ShouldBe([4, 5]);
        Refused.With(() => Images.Read(bare), bare, "no column of labels", "labels file");
        Refused.With(() => Images.Read(named, classes: new ClassNames(["dog", "cow"])), named, "of image 1", "\"cat\"");
    }

    [Theory]
    [InlineData("7,0,1,2,3,4,5,6,7,300\n", "outside 0..1")]
    [InlineData("7,0,1,2,3,4,5,6,7,16\n", "divide them by 16")]
    [InlineData("7,0,255,2,3,4,5,6,7,8\n7,0,1\n", "image 1 has 2 pixels")]
    [InlineData("7,0,255,2,3,4,5,6,7,8\n7,0,1,2,3,x,5,6,7,8\n", "value 5 of image 1 is no number")]
    [InlineData("7.5,0,255,2,3,4,5,6,7,8\n", "of image 0, \"7.5\", is not an integer")]
    [InlineData("-1,0,255,2,3,4,5,6,7,8\n", "of image 0, \"-1\", is not a class index")]
    [InlineData("7,0,255,2,3,4,5,6,7,-8\n", "outside 0..1")]
    public void A_table_that_cannot_be_used_is_refused_with_the_place(string text, string why)
    {
        string path = _folder.Write("bad.csv", text);

        Refused.With(() => Images.Read(path), path, why);
    }

    [Theory]
    [InlineData("file,label\na.png,3\nb.png,4\n")]
    [InlineData("{\"a\": [1, 2, 3, 4, 5]}")]
    public void Other_text_is_no_table_of_pixels(string text)
    {
        string path = _folder.Write("other", text);

        Refused.With(() => Images.Read(path), path, "a table of pixels (CSV)");
    }

    private static string Row(int image, string separator = ",") => string.Join(separator, Bytes[image]);

    private static string Fractions(int image) => string.Join(',', Bytes[image].Select(value => (value / 255f).ToString(CultureInfo.InvariantCulture)));

    private static string Names(string prefix) => string.Join(',', Enumerable.Range(0, 9).Select(i => $"{prefix}{i}"));
}
