using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo inspect</c>.</summary>
internal static class InspectCommand
{
    private const int SmoothingImages = 8;
    private const int SmoothingDirections = 64;
    private const int BarWidth = 50;

    public static Command Create(Session session)
    {
        var command = new Command("inspect", "Describes an ONNX classifier: its input and output, how zo feeds it and why; with images also its accuracy. Or describes a learned optimizer.");
        var model = new Argument<string>("M.onnx") { Description = "The model or the learned optimizer: a file, or the name of a bundled one." };
        var smoothing = new Option<bool>("--smoothing") { Description = "Also show how well finite differences at each μ agree with the slopes (needs images)." };
        var target = new TargetOptions(session.Terminal);
        var images = new ImageOptions(DatasetSplit.Test, counted: "images to check");
        command.Arguments.Add(model);
        command.Options.Add(smoothing);
        target.AddTo(command, attacks: false);
        images.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = Bundled.Resolve(parsed.GetRequiredValue(model));
            if (OptimizerFile.IsOptimizer(path))
            {
                ThrowIfGiven(parsed, path);
                OptimizerDescription.Write(session.Terminal, OptimizerFile.Describe(path));
                return ExitCode.Done;
            }

            OnnxOracleOptions options = target.Options(parsed);
            if (!ImageOptions.AreNamed(parsed))
            {
                using OnnxClassifierOracle bare = OnnxClassifierOracle.Load(path, options);
                bool digitsFit = bare.Info.Image == GeneratedDigits.Shape && bare.Info.Classes == 10;
                if (!digitsFit)
                {
                    if (parsed.GetValue(smoothing))
                    {
                        throw new InputException("--smoothing needs images that the model classifies correctly; name some with --images or --dataset.");
                    }

                    if (parsed.FirstGiven(images.All) is { } idle)
                    {
                        throw new InputException($"{idle.Name} needs images, but none are named; remove it, or name some with --images or --dataset.");
                    }

                    Write(session.Terminal, bare.Info);
                    session.Terminal.Output.WriteLine("Name labelled images (--images or --dataset) to have pixels and scores checked.");
                    return ExitCode.Done;
                }

                // The warnings about the model were already shown.
                options = options with { Warn = null };
            }

            ImageSet set = images.Load(parsed);
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, set, options);
            Inspect(session, oracle, set, Math.Min(images.Count(parsed) ?? set.Count, set.Count), parsed.GetValue(smoothing));
            return ExitCode.Done;
        });
        return command;
    }

    // All options of this command are for classifiers.
    private static void ThrowIfGiven(ParseResult parsed, string optimizer)
    {
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(option => !option.Implicit) is { } given)
        {
            throw new InputException($"'{optimizer}' is a learned optimizer, to which {given.Option.Name} does not apply; remove it, or name a classifier.");
        }
    }

    private static void Inspect(Session session, OnnxClassifierOracle oracle, ImageSet set, int count, bool withSmoothing)
    {
        Terminal terminal = session.Terminal;
        var correct = CorrectImages.Find(oracle, set.Select([.. Enumerable.Range(0, count)]), cancellation: session.Cancellation);
        ImageSet right = correct.Images;
        ScoreKind kind = correct.Scores;
        if (withSmoothing && right.Count == 0)
        {
            throw new InputException($"--smoothing needs an image that the model classifies correctly, but it gets none of {count} of {set.Name} right; name others, or correct the labels or --pixels.");
        }

        Write(terminal, oracle.Info);
        NamedLine.Write(terminal, "on images", $"{right.Count} of {count} images of {set.Name} classified correctly; the scores look like {Words.Of(kind)}");
        if (kind == ScoreKind.Probabilities)
        {
            NamedLine.Write(terminal, "", "– probabilities lose margins beyond about 1e-7 in float32: attack the model without its softmax where you can");
        }

        if (withSmoothing)
        {
            AttackObjective[] objectives = [.. Enumerable.Range(0, Math.Min(right.Count, SmoothingImages))
                .Select(i => new AttackObjective(right.Image(i), right.Label(i), oracle.ScoreLength, new AttackLoss { Scores = kind }))];
            WriteSmoothing(terminal.Output, SmoothingCalibration.Measure(oracle, objectives, RandomKey.FromSeed(1), SmoothingDirections, session.Cancellation), objectives.Length);
        }
    }

    private static void Write(Terminal terminal, OnnxClassifierInfo info)
    {
        NamedLine.Write(terminal, "model", info.Path);
        NamedLine.Write(terminal, "sha256", info.Sha256);
        NamedLine.Write(terminal, "made by", $"{(info.Producer.Length > 0 ? info.Producer : "unknown")}, opset {info.Opset}, IR version {info.IrVersion}");
        NamedLine.Write(terminal, "input", $"{info.Input}: {info.InputType} {info.InputShape}");
        NamedLine.Write(terminal, "layout", $"{Words.Of(info.Layout)} ({info.LayoutReason})");
        NamedLine.Write(terminal, "image", $"{info.Image} (channels×height×width)");
        NamedLine.Write(terminal, "batch", (info.FixedRows, info.CallRows) switch
        {
            ({ } rows, CallRows.One) when rows > 1 => $"fixed: {rows} images a call, of which all but one are blank, since scores depend on the images beside one",
            ({ } rows, _) => $"fixed: {rows} image{(rows == 1 ? "" : "s")} a call",
            (_, CallRows.One) => "one image a call, since scores depend on the images beside one",
            (_, CallRows.TwoOrMore) => "dynamic: any number of images a call; a lone one is sent twice, since alone it is computed in another way",
            _ => "dynamic: any number of images a call",
        });
        NamedLine.Write(terminal, "pixels", $"{info.Encoding}");
        foreach (string reason in info.EncodingReasons)
        {
            NamedLine.Write(terminal, "", $"– {reason}");
        }

        NamedLine.Write(terminal, "output", $"{info.Output}: {info.OutputType}, {info.Classes} classes");
        NamedLine.Write(terminal, "scores", $"{Words.Of(info.Scores)} ({info.ScoresReason})");
        NamedLine.Write(terminal, "runs on", info.Device);
        foreach ((string key, string value) in info.Metadata)
        {
            NamedLine.Write(terminal, "metadata", $"{key} = {value}");
        }
    }

    private static void WriteSmoothing(TextWriter output, SmoothingCurve curve, int images)
    {
        output.WriteLine();
        output.WriteLine("The cosine between the gradient estimate at each smoothing μ and the exact");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"slopes along the same {SmoothingDirections} directions ({images} image{(images == 1 ? "" : "s")}, {curve.Queries:N0} queries):"));
        output.WriteLine();
        foreach (SmoothingPoint point in curve.Points)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {point.Smoothing,7:0.0e+0}  {ProgressBar.Bar(point.Cosine, BarWidth)} {point.Cosine:0.0000}{(point.Smoothing == curve.Best ? "  ← auto" : "")}"));
        }

        output.WriteLine();
        output.WriteLine("Below it, float32 rounding of the scores hides the differences; above it, curvature");
        output.WriteLine("distorts them. 'auto' takes the middle of the plateau.");
    }
}
