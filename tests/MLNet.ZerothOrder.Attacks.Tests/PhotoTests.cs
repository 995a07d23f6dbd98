using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Changes that are put back into pictures (<see cref="AttackSession.WriteBack"/>).</summary>
public sealed class PhotoTests : IDisposable
{
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2]);
    private static readonly AttackOptions Options = new() { Limits = new RunLimits { Iterations = 30 }, Loss = new AttackLoss { DistortionWeight = 0.01 } };

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_replayed_run_asks_the_model_about_no_picture()
    {
        using var model = new TinyClassifier();
        using var absent = new TinyClassifier { Change = (_, _, _) => throw new OracleException("nobody is there") };
        AttackResult recorded = Session(model, new Source(), "recorded", new OracleOptions { RecordFile = _temp.At("run.zorec") }).Run();
        AttackResult replayed = Session(absent, new Source(), "replayed", replay: _temp.At("run.zorec")).Run();

        recorded.Runs[0].Images.ShouldAllBe(image => image.PhotoFile != null);
        replayed.Runs[0].Images.Select(image => (image.PhotoFile, image.PhotoSuccess)).ShouldBe(recorded.Runs[0].Images.Select(image => (image.PhotoFile, image.PhotoSuccess)));
        replayed.OverheadQueries.ShouldBe(recorded.OverheadQueries);
    }

    [Fact]
    public void Pictures_are_asked_with_all_answers_of_a_row()
    {
        using var once = new TinyClassifier();
        using var thrice = new TinyClassifier();
        AttackResult one = Session(once, new Source(), "once").Run(), three = Session(thrice, new Source(), "thrice", new OracleOptions { Answers = 3 }).Run();

        three.OverheadQueries.ShouldBe(3 * one.OverheadQueries);
        thrice.All.ShouldBe(three.OverheadQueries + three.Runs[0].Summary.TotalQueries);
    }

    [Fact]
    public void A_picture_that_is_gone_at_the_end_costs_no_answer()
    {
        using var model = new TinyClassifier();
        AttackResult whole = Session(model, new Source(), "whole").Run();
        string message = Should.Throw<InputException>(() => Session(model, new Source { IsGone = true }, "gone").Run()).Message;
        long asked = model.All;
        AttackResult resumed = Session(model, new Source(), "gone").Run();

        message.ShouldBe($"1.png: does not exist; the answers so far are kept in {_temp.At("gone")}, so resume the run there when this is corrected.");
        resumed.Runs[0].Images.Select(AttackOutcome.Of).ShouldBe(whole.Runs[0].Images.Select(AttackOutcome.Of));
        (model.All - asked).ShouldBeLessThan(100);
    }

    private AttackSession Session(TinyClassifier model, Source source, string folder, OracleOptions? around = null, string? replay = null) => new(
        model, new ImageSet("photos", TinyClassifier.Shape, source, [0, 1, 2], ["0.png", "1.png", "2.png"]), [NamedOptimizer.Create("zo-adam")], Options)
    {
        Folder = _temp.At(folder), WriteBack = true, Around = around ?? new OracleOptions(), ReplayFile = replay,
    };

    private sealed class Source : IImageSource
    {
        public bool IsGone { get; init; }

        public bool Fits(ImageShape shape) => shape == TinyClassifier.Shape;

        public string? Fit(ImageShape shape) => null;

        public float[] Read(int index, ImageShape shape) => Images.Image(index).ToArray();

        public (byte[] File, float[] Image) WriteBack(int index, ReadOnlySpan<float> image, ImageShape shape)
        {
            float[] clipped = [.. image.ToArray().Select(pixel => Math.Clamp(pixel, 0, 1))];
            return IsGone && index == 1 ? throw new InputException("1.png: does not exist.") : (Png.Encode(PixelBuffer.FromImage(clipped, shape)), clipped);
        }

        public ReadOnlySpan<byte> Hash(int index) => BitConverter.GetBytes(index);
    }
}
