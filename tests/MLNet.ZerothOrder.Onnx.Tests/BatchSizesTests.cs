using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class BatchSizesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Kept => _folder.File("kept/batch-sizes.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_measured_is_kept_and_taken_again()
    {
        int measured = Load(new TinyClassifier());
        ((int[])[21, 42, 84, 168]).ShouldContain(measured);
        string key = Read().ShouldHaveSingleItem().Key;

        File.WriteAllText(Kept, JsonSerializer.Serialize(new Dictionary<string, int> { [key] = 77 }));

        Load(new TinyClassifier()).ShouldBe(77);
        Read().ShouldHaveSingleItem().Value.ShouldBe(77);
    }

    [Fact]
    public void Another_model_is_measured_and_kept_beside()
    {
        Load(new TinyClassifier());
        Load(new TinyClassifier { Gain = 0.5 });

        Read().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"cut off")]
    [InlineData("[1, 2]")]
    [InlineData("{ \"model\": \"many\" }")]
    public void A_damaged_file_is_measured_anew(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        File.WriteAllText(Kept, content);

        int measured = Load(new TinyClassifier());

        Read().ShouldHaveSingleItem().Value.ShouldBe(measured);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(int.MaxValue)]
    public void An_impossible_size_is_measured_anew(int rows)
    {
        Load(new TinyClassifier());
        File.WriteAllText(Kept, JsonSerializer.Serialize(new Dictionary<string, int> { [Read().ShouldHaveSingleItem().Key] = rows }));

        ((int[])[21, 42, 84, 168]).ShouldContain(Load(new TinyClassifier()));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_no_obstacle()
    {
        File.WriteAllText(_folder.File("kept"), "a file where the folder should be");

        ((int[])[21, 42, 84, 168]).ShouldContain(Load(new TinyClassifier()));
    }

    [Fact]
    public void Measuring_is_in_no_count()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(
            new TinyClassifier().Save(_folder.File("m.onnx")), new OnnxOracleOptions { BatchSizes = new BatchSizes(Kept) });

        (oracle.NativeCalls, oracle.NativeRows, oracle.NativeTime).ShouldBe((0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Nothing_is_measured_where_the_size_is_given_or_fixed()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        string one = new TinyClassifier { Rows = 1 }.Save(_folder.File("one.onnx"));
        var sizes = new BatchSizes(Kept);

        OnnxClassifierOracle.Load(path, new OnnxOracleOptions { BatchSizes = sizes, PreferredRows = 5 }).Dispose();
        OnnxClassifierOracle.Load(one, new OnnxOracleOptions { BatchSizes = sizes }).Dispose();

        File.Exists(Kept).ShouldBeFalse();
    }

    private int Load(TinyClassifier model)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { BatchSizes = new BatchSizes(Kept) });
        return oracle.PreferredRows;
    }

    private Dictionary<string, int> Read() => JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(Kept))!;
}
