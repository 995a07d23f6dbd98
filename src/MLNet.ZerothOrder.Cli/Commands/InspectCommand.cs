using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Create(CancellationToken cancellation)
    {
        var command = new Command("inspect", "Describes an ONNX classifier: what it takes and gives, how zo will feed it and why; with images also how well that works.");
        var model = new Argument<string>("M.onnx") { Description = "The model." };
        var smoothing = new Option<bool>("--smoothing") { Description = "Also draw how well finite differences of each μ agree with the true slopes (on images)." };
        var target = new TargetOptions();
        var images = new ImageOptions(DatasetSplit.Test);
        command.Arguments.Add(model);
        command.Options.Add(smoothing);
        target.AddTo(command, withModel: false);
        images.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            OnnxOracleOptions options = target.Options(parsed);
            bool imagesAreNamed = parsed.Tokens.Any(t => t.Value is "--dataset" or "--images");
            using OnnxClassifierOracle bare = OnnxClassifierOracle.Load(path, options);
            bool digitsFit = bare.Info.Image == GeneratedDigits.Shape && bare.Info.Classes == 10;
            if (!imagesAreNamed && !digitsFit)
            {
                Print(bare.Info);
                Console.WriteLine("Name labelled images with --images or --dataset, and zo checks the pixel encoding and the scores on them.");
                return parsed.GetValue(smoothing)
                    ? throw new InputException("--smoothing needs images that the model classifies correctly; name some with --images or --dataset.") : ExitCode.Done;
            }

            ImageSet set = images.Load(parsed);
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, set, options);
            Print(oracle.Info);
            PrintAccuracy(oracle, set, images.Count(parsed) ?? set.Count, cancellation);
            if (parsed.GetValue(smoothing))
            {
                PrintSmoothing(oracle, set, cancellation);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(OnnxClassifierInfo info)
    {
        Line("model", info.Path);
        Line("sha256", info.Sha256);
        Line("made by", $"{(info.Producer.Length > 0 ? info.Producer : "unknown")}, opset {info.Opset}, IR version {info.IrVersion}");
        Line("input", $"{info.Input}: {info.InputType} {info.InputShape}");
        Line("layout", $"{info.Layout} ({info.LayoutReason})");
        Line("image", $"{info.Image} (channels×height×width)");
        Line("batch", info.FixedRows is { } rows ? $"fixed: {rows} images a call" : "dynamic: any number of images a call");
        Line("pixels", $"{info.Encoding}");
        foreach (string reason in info.EncodingReasons)
        {
            Line("", $"– {reason}");
        }

        Line("output", $"{info.Output}: {info.OutputType}, {info.Classes} classes");
        Line("scores", $"{Words.Of(info.Scores)} ({info.ScoresReason})");
        Line("runs on", info.Device);
        foreach ((string key, string value) in info.Metadata)
        {
            Line("metadata", $"{key} = {value}");
        }
    }

    private static void PrintAccuracy(OnnxClassifierOracle oracle, ImageSet set, int count, CancellationToken cancellation)
    {
        count = Math.Min(count, set.Count);
        float[] scores = oracle.ScoreRows(count, (row, input) => set.Image(row).Span.CopyTo(input), cancellation: cancellation);
        int right = Enumerable.Range(0, count).Count(i => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(scores.AsSpan(i * oracle.ScoreLength, oracle.ScoreLength)) == set.Label(i));
        ScoreKind kind = ScoreKinds.Detect(scores, count, oracle.ScoreLength);
        Line("on images", $"{right} of the first {count} images of {set.Name} are classified correctly; their scores look like {Words.Of(kind)}");
        if (kind == ScoreKind.Probabilities)
        {
            Line("", "– probabilities lose margins beyond about 1e-7 in float32: attack the model without its softmax where you can");
        }
    }

    private static void PrintSmoothing(OnnxClassifierOracle oracle, ImageSet set, CancellationToken cancellation)
    {
        AttackObjective[] objectives = [.. Enumerable.Range(0, Math.Min(8, set.Count))
            .Select(i => new AttackObjective(set.Image(i), set.Label(i), oracle.ScoreLength, new AttackLoss { Scores = oracle.Info.Scores }))];
        SmoothingCurve curve = SmoothingCalibration.Measure(oracle, objectives, RandomKey.FromSeed(1), directions: 64, cancellation);
        Console.WriteLine();
        Console.WriteLine($"Smoothing μ, and the cosine between the gradient estimate and its exact counterpart along the same 64 directions ({objectives.Length} images, {curve.Queries:N0} queries):");
        foreach (SmoothingPoint point in curve.Points)
        {
            int bar = (int)Math.Round(Math.Clamp(point.Cosine, 0, 1) * 50);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {point.Smoothing,8:0.0e+0}  {new string('█', bar)}{new string('░', 50 - bar)} {point.Cosine:0.0000}{(point.Smoothing == curve.Best ? "  ← auto" : "")}"));
        }

        Console.WriteLine("Below, rounding of float32 scores drowns the differences; above, curvature bends them. 'auto' takes the middle of the plateau.");
    }

    private static void Line(string name, string value) => Console.WriteLine($"{name,-10} {value}");
}
