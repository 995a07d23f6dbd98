using System.Security.Cryptography;
using System.Text;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>
/// The same attack gives the same bytes, however its queries are packed, on models of every kind whose scores of a row could depend on the rows beside it.
/// </summary>
public sealed class SameBytesTests : IDisposable
{
    private const int Images = 5;
    private const string Bundled = "mnist-lenet";

    private static readonly AttackOptions Options = new()
    {
        Loss = new AttackLoss { DistortionWeight = 0.02 },
        Limits = new RunLimits { Iterations = 7 },
        Smoothing = 1e-2,
        InFlight = 3,
    };

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Models => [Bundled, .. CompanyModels.All.Keys.Except([CompanyModels.Changing])];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void An_attack_gives_the_same_bytes_however_its_queries_are_packed(string model)
    {
        string path = model == Bundled ? BundledFile.Path($"{Bundled}.onnx") : CompanyModels.All[model]().Save(_folder.At("m.onnx"));
        ImageSet images = Set(path);
        string[] expected = Attack(path, images, Options);
        expected.Length.ShouldBe(Images);

        Same("the same again", Attack(path, images, Options), 0);
        Same("rows one by one", Attack(path, images, Options with { BatchRows = 1 }), 0);
        Same("two rows a call", Attack(path, images, Options with { BatchRows = 2 }), 0);
        Same("seven rows a call", Attack(path, images, Options with { BatchRows = 7 }), 0);
        Same("sixty rows a call", Attack(path, images, Options with { BatchRows = 60 }), 0);
        Same("three threads", Attack(path, images, Options, threads: 3), 0);
        Same("one thread, all images at once", Attack(path, images, Options with { InFlight = 64 }, threads: 1), 0);
        Same("one image under way at a time", Attack(path, images, Options with { InFlight = 1 }), 0);
        Same("the first image alone, by count", Attack(path, images, Options with { Count = 1 }), 0);
        Same("the first four, by count", Attack(path, images, Options with { Count = 4 }), 0);
        Same("a shard of the images", Attack(path, images.Select([2, 3, 4]), Options), 2);
        Same("the last image alone", Attack(path, images.Select([4]), Options), 4);
        Same("resumed from a checkpoint", Resumed(path, images), 0);

        void Same(string way, string[] seen, int first)
        {
            seen.Length.ShouldBeGreaterThan(0, way);
            seen.ShouldBe(expected.Skip(first).Take(seen.Length), way);
        }
    }

    // Labels are what the model says, so that every image is attacked.
    private static ImageSet Set(string path)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        float[] pixels = [.. Enumerable.Range(0, Images).SelectMany(i => CompanyModels.Pixels(oracle.Info.Image, i))];
        var unlabelled = new ImageSet("made", oracle.Info.Image, pixels, new int[Images]);
        return new ImageSet("made", oracle.Info.Image, pixels, oracle.Classify(unlabelled));
    }

    private static string[] Attack(string path, ImageSet images, AttackOptions options, int threads = 2)
    {
        using OnnxClassifierOracle oracle = Load(path, images, threads);
        return Outcomes(new BlackBoxAttack(oracle, Optimizer, options).Run(images));
    }

    private string[] Resumed(string path, ImageSet images)
    {
        string checkpoint = _folder.At("run.checkpoint");
        using var cancellation = new CancellationTokenSource();
        using OnnxClassifierOracle oracle = Load(path, images, 2);
        using (var keeper = new CheckpointKeeper(checkpoint, new RunIdentity(), []))
        {
            AttackResult cut = new BlackBoxAttack(oracle, Optimizer, Options).Run(
                images,
                progress =>
                {
                    if (progress.Engine.Finished >= 1)
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token,
                keeper);
            cut.Partial.ShouldBeTrue();
        }

        using var resumed = new CheckpointKeeper(checkpoint, new RunIdentity(), [], Checkpoint.Read(checkpoint));
        return Outcomes(new BlackBoxAttack(oracle, Optimizer, Options).Run(images, checkpoint: resumed));
    }

    private static IZerothOrderOptimizer Optimizer => new OptimizerRegistry().Create("zo-adam", new OptimizerSettings { Directions = 10 });

    private static OnnxClassifierOracle Load(string path, ImageSet images, int threads) =>
        OnnxClassifierOracle.Load(path, images, new OnnxOracleOptions { Threads = threads, Encoding = PixelEncoding.Unit });

    private static string[] Outcomes(AttackResult result) =>
    [
        .. result.Runs.Single().Images.Select(p => $"{p.StopReason} after {p.Queries} queries, {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(AttackOutcome.Of(p))))}"),
    ];
}
