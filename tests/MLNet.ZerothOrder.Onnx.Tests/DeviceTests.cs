using Shouldly;

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
    public void Devices_are_read_from_text(string text, string device) => OnnxDevice.Parse(text).ToString().ShouldBe(device);

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cpu:0")]
    public void An_unknown_device_is_named(string text)
    {
        var error = Should.Throw<InputException>(() => OnnxDevice.Parse(text));
        error.Message.ShouldContain($"'{text}'", Case.Sensitive);
    }

    [SkippableFact]
    public void Without_CUDA_asking_for_it_fails_in_one_sentence_and_auto_falls_back_and_says_so()
    {
        string path = new TinyClassifier().Save(_folder.File("m.onnx"));
        using var auto = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = OnnxDevice.Auto });
        Skip.If(auto.Info.Device.StartsWith("cuda", StringComparison.Ordinal), "CUDA works on this machine.");

        auto.Info.Device.ShouldStartWith("cpu (auto: ", Case.Sensitive);
        var error = Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = OnnxDevice.Cuda(1) }));
        error.Message.ShouldStartWith("CUDA device 1 was asked for, but ", Case.Sensitive);
        error.Message.ShouldEndWith(".", Case.Sensitive);
        error.Message.ShouldNotContain('\n');
    }

    [SkippableFact]
    public void On_CUDA_scores_agree_with_the_cpu()
    {
        var model = new TinyClassifier { Image = new(3, 5, 4), Layout = ImageLayout.Nhwc };
        string path = model.Save(_folder.File("m.onnx"));
        using var oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Device = OnnxDevice.Auto });
        Skip.IfNot(oracle.Info.Device.StartsWith("cuda", StringComparison.Ordinal), "CUDA does not work on this machine.");

        oracle.Concurrency.ShouldBe(1);
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
                foreach (var k in Enumerable.Range(0, 5))
                {
                    ((double)batch.Score(row)[k]).ShouldBe(expected[k], 1e-5);
                }
            }
        }
    }
}
