using FsCheck;
using FsCheck.Fluent;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

public sealed class SettingsFileTests
{
    private static readonly SettingsFile Full = new()
    {
        Model = "m.onnx",
        ModelSha256 = new string('a', 64),
        Task = "mean final loss of 20 images; “c” = 0.1",
        DistortionWeight = 0.1,
        Smoothing = 1e-4,
        Optimizers = new SortedDictionary<string, OptimizerSettings>
        {
            ["zo-adam"] = new() { StepSize = 6.4, Beta1 = 0.99, Smoothing = 3e-4 },
            ["zo-sgd:antithetic"] = new() { Directions = 50, Estimate = EstimateKind.Antithetic, Epsilon = 1e-6, Alpha = 0.25, Beta2 = 0.999 },
        },
        MeanFinalLoss = new SortedDictionary<string, double> { ["zo-adam"] = 2.06, ["zo-sgd:antithetic"] = 1.0 / 3 },
    };

    public static TheoryData<string> BadFiles => new()
    {
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"zo-adam\"",
        "{",
        "{}}",
        "{} {}",
        "{ \"optimizers\": null }",
        "{ \"meanFinalLoss\": null }",
        "{ \"optimizers\": [] }",
        "{ \"optimizers\": { \"zo-sgd\": null } }",
        "{ \"optimizers\": { \"zo-sgd\": 3 } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"stepSize\": \"8\" } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"stepSize\": 0 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"stepSize\": 1e999 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"directions\": -1 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"directions\": 2.5 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"directions\": 99999999999 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"beta1\": 1 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"epsilon\": 1e-60 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"estimate\": \"Sideways\" } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"estimate\": 7 } } }",
        "{ \"optimizers\": { \"zo-sgd\": { \"stepLength\": 8 } } }",
        "{ \"optimizer\": {} }",
        "{ \"smoothing\": -1 }",
        "{ \"smoothing\": 0 }",
        "{ \"smoothing\": 1e-60 }",
        "{ \"smoothing\": \"auto\" }",
        "{ \"meanFinalLoss\": { \"zo-sgd\": \"NaN\" } }",
        "{ \"model\": 3 }",
        "\u0089PNG\r\n\u001a\n",
    };

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TempFolder();
        Full.Write(folder.At("s.json"));
        SettingsFile read = SettingsFile.Read(folder.At("s.json"));
        (read with { Optimizers = Full.Optimizers, MeanFinalLoss = Full.MeanFinalLoss }).ShouldBe(Full);
        read.Optimizers.OrderBy(p => p.Key, StringComparer.Ordinal).ShouldBe(Full.Optimizers);
        read.MeanFinalLoss.OrderBy(p => p.Key, StringComparer.Ordinal).ShouldBe(Full.MeanFinalLoss);
    }

    [Fact]
    public void Values_that_are_left_out_are_the_defaults_and_comments_are_allowed()
    {
        using var folder = new TempFolder();
        SettingsFile read = SettingsFile.Read(folder.Write("s.json", "// mine\n{ \"optimizers\": { \"zo-sgd\": { \"stepSize\": 5 } } }"));
        read.Optimizers["zo-sgd"].ShouldBe(new OptimizerSettings { StepSize = 5 });
        SettingsFile.Read(folder.Write("s.json", "{}")).Optimizers.ShouldBeEmpty();
    }

    [Fact]
    public void An_optimizers_own_smoothing_comes_before_the_files()
    {
        Full.For("zo-adam")!.Smoothing.ShouldBe(3e-4);
        Full.For("zo-sgd:antithetic")!.Smoothing.ShouldBe(1e-4);
        Full.For("zo-sgd").ShouldBeNull();
        (Full with { Smoothing = null }).For("zo-sgd:antithetic")!.Smoothing.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_in_one_sentence_that_names_it(string content)
    {
        using var folder = new TempFolder();
        string path = folder.Write("s.json", content);
        Refused.With(() => SettingsFile.Read(path), $"Settings file {path} ");
    }

    [Fact]
    public void A_file_that_cannot_be_read_or_is_none_is_refused()
    {
        using var folder = new TempFolder();
        Refused.With(() => SettingsFile.Read(folder.At("missing.json")), "missing.json", "tune again");
        Refused.With(() => SettingsFile.Read(folder.Path), folder.Path);
        Refused.With(() => SettingsFile.Read(""), "Settings file ");
        Refused.With(() => SettingsFile.Read(folder.At("a\0b")), "Settings file ");
        Refused.With(() => SettingsFile.Read(folder.Write("large.json", new string(' ', (1 << 20) + 1))), "large.json", "1048577 bytes");
        Refused.With(() => SettingsFile.Read(folder.Write("deep.json", new string('[', 10_000))), "deep.json");
        Refused.With(() => SettingsFile.Read(folder.Write("bytes.json", [(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)':', (byte)'1', (byte)'}'])), "bytes.json");
    }

    [Fact]
    public void A_file_cut_at_any_length_is_refused()
    {
        using var folder = new TempFolder();
        Full.Write(folder.At("whole.json"));
        byte[] whole = File.ReadAllBytes(folder.At("whole.json"));
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.Write("cut.json", whole.AsSpan(0, length));
            Should.Throw<InputException>(() => SettingsFile.Read(path), $"cut at {length} of {whole.Length} bytes");
        }
    }

    [Fact]
    public void A_file_with_any_bytes_changed_is_read_or_refused_but_never_fails_otherwise()
    {
        using var folder = new TempFolder();
        Full.Write(folder.At("whole.json"));
        byte[] whole = File.ReadAllBytes(folder.At("whole.json"));
        var changes = Gen.Zip(Gen.Choose(0, whole.Length - 1), Gen.Choose(0, 255)).ListOf(3).Select(list => list.ToArray());
        Prop.ForAll(changes.ToArbitrary(), changed =>
        {
            byte[] bytes = [.. whole];
            foreach ((int at, int value) in changed)
            {
                bytes[at] = (byte)value;
            }

            string path = folder.Write("changed.json", bytes);
            try
            {
                SettingsFile settings = SettingsFile.Read(path);
                foreach (string name in settings.Optimizers.Keys)
                {
                    settings.For(name).ShouldNotBeNull();
                }
            }
            catch (InputException e)
            {
                e.Message.ShouldContain(path);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Writing_replaces_the_file_as_a_whole()
    {
        using var folder = new TempFolder();
        string path = folder.Write("s.json", "{ \"model\": \"old\" }");
        Full.Write(path);
        SettingsFile.Read(path).Model.ShouldBe("m.onnx");
        Directory.GetFiles(folder.Path).ShouldBe([path]);
    }
}
