using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

public sealed class BatchSizesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Kept => _folder.File("kept/batch-sizes.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatWasMeasuredIsKeptAndTakenAgain()
    {
        int measured = Load(new TinyClassifier());
        Assert.Contains(measured, (int[])[21, 42, 84, 168]);
        string key = Assert.Single(Read()).Key;

        File.WriteAllText(Kept, JsonSerializer.Serialize(new Dictionary<string, int> { [key] = 77 }));

        Assert.Equal(77, Load(new TinyClassifier()));
        Assert.Equal(77, Assert.Single(Read()).Value);
    }

    [Fact]
    public void AnotherModelIsMeasuredAndKeptBeside()
    {
        Load(new TinyClassifier());
        Load(new TinyClassifier { Gain = 0.5 });

        Assert.Equal(2, Read().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"cut off")]
    [InlineData("[1, 2]")]
    [InlineData("{ \"model\": \"many\" }")]
    public void ADamagedFileIsMeasuredAnew(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        File.WriteAllText(Kept, content);

        int measured = Load(new TinyClassifier());

        Assert.Equal(measured, Assert.Single(Read()).Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(int.MaxValue)]
    public void AnImpossibleSizeIsMeasuredAnew(int rows)
    {
        Load(new TinyClassifier());
        File.WriteAllText(Kept, JsonSerializer.Serialize(new Dictionary<string, int> { [Assert.Single(Read()).Key] = rows }));

        Assert.Contains(Load(new TinyClassifier()), (int[])[21, 42, 84, 168]);
    }

    [Fact]
    public void AFileThatCannotBeWrittenIsNoObstacle()
    {
        File.WriteAllText(_folder.File("kept"), "a file where the folder should be");

        Assert.Contains(Load(new TinyClassifier()), (int[])[21, 42, 84, 168]);
    }

    [Fact]
    public void MeasuringIsInNoCount()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(
            new TinyClassifier().Save(_folder.File("m.onnx")), new OnnxOracleOptions { BatchSizes = new BatchSizes(Kept) });

        Assert.Equal((0, 0, TimeSpan.Zero), (oracle.NativeCalls, oracle.NativeRows, oracle.NativeTime));
    }

    [Fact]
    public void NothingIsMeasuredWhereTheSizeIsGivenOrFixed()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        string one = new TinyClassifier { Rows = 1 }.Save(_folder.File("one.onnx"));
        var sizes = new BatchSizes(Kept);

        OnnxClassifierOracle.Load(path, new OnnxOracleOptions { BatchSizes = sizes, PreferredRows = 5 }).Dispose();
        OnnxClassifierOracle.Load(one, new OnnxOracleOptions { BatchSizes = sizes }).Dispose();

        Assert.False(File.Exists(Kept));
    }

    private int Load(TinyClassifier model)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { BatchSizes = new BatchSizes(Kept) });
        return oracle.PreferredRows;
    }

    private Dictionary<string, int> Read() => JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(Kept))!;
}
