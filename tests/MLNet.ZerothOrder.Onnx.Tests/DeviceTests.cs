namespace MLNet.ZerothOrder.Tests;

public sealed class DeviceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("auto", "auto")]
    [InlineData("CPU", "cpu")]
    [InlineData("cuda", "cuda:0")]
    [InlineData(" cuda:3 ", "cuda:3")]
    public void DevicesAreReadFromText(string text, string device) => Assert.Equal(device, Device.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cpu:0")]
    public void AnUnknownDeviceIsNamed(string text)
    {
        var error = Assert.Throws<InputException>(() => Device.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WithoutCudaAskingForItFailsInOneSentenceAndAutoFallsBackAndSaysSo()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        using var auto = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = Device.Auto });
        Skip.If(auto.Info.Device.StartsWith("cuda", StringComparison.Ordinal), "CUDA works on this machine.");

        Assert.StartsWith("cpu (auto: ", auto.Info.Device, StringComparison.Ordinal);
        var error = Assert.Throws<InputException>(() => OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = Device.Cuda(1) }));
        Assert.StartsWith("CUDA device 1 was asked for, but ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [SkippableFact]
    public void OnCudaScoresAgreeWithTheCpu()
    {
        var model = new TinyClassifier { Image = new(3, 5, 4), Layout = ImageLayout.Nhwc };
        string path = model.Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = Device.Auto });
        Skip.IfNot(oracle.Info.Device.StartsWith("cuda", StringComparison.Ordinal), "CUDA does not work on this machine.");

        Assert.Equal(1, oracle.Concurrency);
        using var batch = oracle.CreateBatch(9);
        foreach (int first in (int[])[0, 100])
        {
            // Twice at one size: the second call must not see the first one's rows.
            batch.Rows = 9;
            for (int row = 0; row < 9; row++)
            {
                model.Pixels(first + row).CopyTo(batch.Input(row));
            }

            oracle.Score(batch);
            for (int row = 0; row < 9; row++)
            {
                double[] expected = model.Expected(model.Pixels(first + row));
                Assert.All(Enumerable.Range(0, 5), k => Assert.Equal(expected[k], batch.Score(row)[k], 1e-5));
            }
        }
    }
}
