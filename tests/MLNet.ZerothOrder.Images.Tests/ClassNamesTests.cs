using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class ClassNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("names", "{0: 'tench', 1: 'goldfish, Carassius auratus'}", 2)]
    [InlineData("names", "{\"0\": \"tench\", \"1\": \"goldfish\"}", 2)]
    [InlineData("class_names", "[\"tench\", \"goldfish\"]", 2)]
    [InlineData("classes", "tench, goldfish", 2)]
    [InlineData("Labels", "tench\ngoldfish", 2)]
    [InlineData("names", "[tench", null)]
    [InlineData("names", "tench", null)]
    [InlineData("author", "tench, goldfish", null)]
    public void A_models_metadata_name_its_classes_where_there_is_a_name_for_each(string key, string value, int? found)
    {
        ClassNames? names = ClassNames.OfMetadata(new Dictionary<string, string> { ["task"] = "classify", [key] = value }, 2);

        names?.Names.Count.ShouldBe(2);
        (names?.IndexOf("goldfish") + 1).ShouldBe(found);
    }

    [Theory]
    [InlineData("n01440764 tench, Tinca tinca", "tench")]
    [InlineData("hot dog", "hot dog")]
    [InlineData("n01440764", "n01440764")]
    [InlineData("n01440764, tench", "tench")]
    [InlineData("", null)]
    public void A_short_name_has_no_id_and_no_further_names(string name, string? expected) => ClassNames.Short(name).ShouldBe(expected);

    [Theory]
    [InlineData("tench, Tinca tinca\ngoldfish\nhot dog\n")]
    [InlineData("name\ntench, Tinca tinca\ngoldfish\nhot dog\n")]
    [InlineData("n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\nn07697537 hotdog, hot dog, red hot\n")]
    [InlineData("n01440764\ttench\r\nn01443537\tgoldfish\r\nn07697537\thot_dog\r\n")]
    [InlineData("wnid,name\nn01440764,tench\nn01443537,goldfish\nn07697537,hot_dog\n")]
    [InlineData("2,hot dog\n0,tench\n1,goldfish\n")]
    [InlineData("index,name\n0,\"tench, Tinca tinca\"\n1,goldfish\n2,hot dog\n")]
    [InlineData("name;class\nhot dog;2\ntench;0\ngoldfish;1\n")]
    [InlineData("0 tench\n1 goldfish\n2 hot dog\n")]
    [InlineData("0: tench\n1: goldfish\n2: hot dog\n")]
    [InlineData("{0: 'tench, Tinca tinca',\n 1: 'goldfish, Carassius auratus',\n 2: \"hotdog, hot dog\"}")]
    [InlineData("[\"tench\", \"goldfish\", \"hot-dog\"]")]
    [InlineData("[[\"n01440764\", \"tench\"], [\"n01443537\", \"goldfish\"], [\"n07697537\", \"hot_dog\"]]")]
    [InlineData("{\"2\": \"hotdog\", \"0\": \"tench\", \"1\": \"goldfish\"}")]
    [InlineData("{\"0\": [\"n01440764\", \"tench\"], \"1\": [\"n01443537\", \"goldfish\"], \"2\": [\"n07697537\", \"hotdog\"]}")]
    [InlineData("{\"tench\": 0, \"hot dog\": 2, \"goldfish\": 1}")]
    [InlineData("{\"model_type\": \"vit\", \"label2id\": {\"tench\": 0, \"hot dog\": 2, \"goldfish\": 1}}")]
    [InlineData("{\"names\": [\"tench\", \"goldfish\", \"hot dog\"], \"nc\": 3}")]
    public void Names_are_read_in_every_form_that_people_have(string text)
    {
        ClassNames classes = Read(text);
        classes.Names.Count.ShouldBe(3);
        classes.IndexOf("Tench").ShouldBe(0);
        classes.IndexOf("GOLDFISH").ShouldBe(1);
        classes.IndexOf("Hot_Dog").ShouldBe(2);
        classes.IndexOf("n02 hot dog").ShouldBe(2);
        classes.IndexOf("2").ShouldBe(2);
        classes.IndexOf("3").ShouldBeNull();
        classes.IndexOf("shark").ShouldBeNull();
    }

    [Fact]
    public void Ids_of_WordNet_are_names()
    {
        ClassNames classes = Read("n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n");
        classes.IndexOf("n01443537").ShouldBe(1);
        classes.IndexOf("n01440764_tench").ShouldBe(0);
        classes.IndexOf("tinca tinca").ShouldBe(0);
        classes.IndexOf("n01443538").ShouldBeNull();
    }

    [Fact]
    public void The_longest_name_in_a_folders_name_decides_and_numbers_in_it_do_not_count()
    {
        ClassNames classes = Read("dog\nhot dog\ncat\n7\n");
        classes.IndexOf("a hot dog").ShouldBe(1);
        classes.IndexOf("a dog").ShouldBe(0);
        classes.IndexOf("7").ShouldBe(3);
        classes.IndexOf("n 7 b").ShouldBeNull();
        Refused.With(() => classes.IndexOf("dog and cat"), "\"dog and cat\"", "0 (dog) and 2 (cat)");
    }

    [Fact]
    public void A_name_of_two_classes_is_refused_where_it_is_used_and_an_id_tells_them_apart()
    {
        ClassNames classes = Read("n02012849 crane\nn03126707 crane\nheron\n");
        classes.IndexOf("heron").ShouldBe(2);
        classes.IndexOf("n03126707").ShouldBe(1);
        Refused.With(() => classes.IndexOf("crane"), "0 (n02012849 crane) and 1 (n03126707 crane)", "ids");
    }

    [Fact]
    public void ImageNets_classes_are_known_by_id_and_name()
    {
        ClassNames classes = ClassNames.ImageNet();
        classes.Names.Count.ShouldBe(1000);
        classes.Names.Select(name => name[..9]).ShouldBe(classes.Names.Select(name => name[..9]).Distinct().Order(StringComparer.Ordinal));

        // Imagenette's folders, and the ends.
        string[] ids = ["n01440764", "n02102040", "n02979186", "n03000684", "n03028079", "n03394916", "n03417042", "n03425413", "n03445777", "n03888257"];
        ids.Select(classes.IndexOf).ShouldBe([0, 217, 482, 491, 497, 566, 569, 571, 574, 701]);
        classes.IndexOf("golf_ball").ShouldBe(574);
        classes.IndexOf("n15075141").ShouldBe(999);
        classes.IndexOf("Egyptian cat").ShouldBe(285);
        Refused.With(() => classes.IndexOf("crane"), "134", "517");
    }

    [Fact]
    public void TensorFlows_models_have_a_class_in_front_of_ImageNets()
    {
        ClassNames classes = ClassNames.ImageNet(withBackground: true);
        classes.Names.Count.ShouldBe(1001);
        classes.IndexOf("background").ShouldBe(0);
        classes.IndexOf("n01440764").ShouldBe(1);
        classes.IndexOf("n15075141").ShouldBe(1000);
    }

    [Theory]
    [InlineData("", "holds no names")]
    [InlineData("[1, 2]", "no list or map of names")]
    [InlineData("{\"a\": {\"b\": \"c\"}}", "no list or map of names")]
    [InlineData("[\"a\", ", "no valid JSON")]
    [InlineData("{\"cat\": 0, \"dog\": 0}", "class 0", "\"cat\"", "\"dog\"")]
    [InlineData("{\"2000000000\": \"cat\"}", "class 2000000000", "0..999999")]
    public void Other_content_is_refused(string text, params string[] parts) => Refused.With(() => Read(text), ["names.txt", .. parts]);

    private ClassNames Read(string text) => ClassNames.Read(_folder.Write("names.txt", text));
}
