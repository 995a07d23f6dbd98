using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo inspect</c>.</summary>
internal static class InspectCommand
{
    private const int SmoothingImages = 8;
    private const int SmoothingDirections = 64;
    private const int SampleImages = 64;
    private const int BarWidth = 50;

    // The usual one, what newer libraries do, and what programs without a crop do.
    private static readonly PictureFit[] OtherFits = [new PictureFit(), PictureFit.Named("timm-0.9")!, new PictureFit { Mode = FitMode.Stretch }];

    public static Command Create(Session session)
    {
        var command = new Command("inspect", "Describes a classifier, of an ONNX file or behind an address: its input and output, how zo feeds it and why; with images also its accuracy. Or describes a learned optimizer or a prior.");
        var model = new Argument<string>("M.onnx") { Description = "The model, the learned optimizer or the prior: a file, or the name of a bundled one; or the address of a service or a program, as for --model of 'zo attack'." };
        var smoothing = new Option<bool>("--smoothing") { Description = "Also show how well finite differences at each μ agree with the slopes (needs images)." };
        var target = new TargetOptions(session.Terminal);
        var images = new ImageOptions(DatasetSplit.Test, counted: "images to check");
        command.Arguments.Add(model);
        command.Options.Add(smoothing);
        target.AddTo(command, attacks: false);
        images.AddTo(command);
        var table = new TableOptions();
        table.AddTo(command, attacks: false);
        var save = new Option<string>("--save-constraints") { Description = "Also write what is learned about the table's rows as JSON, to be corrected and given to 'zo attack --constraints'.", HelpName = "C.json" };
        command.Options.Add(save);
        target.AddRemoteTo(command);
        command.SetAction(parsed =>
        {
            string named = parsed.GetRequiredValue(model);
            if (RemoteClassifier.IsAddress(named))
            {
                if (table.IsGiven(parsed, save.Name) || parsed.GetValue(save) is not null)
                {
                    throw new InputException($"Tables are for a model that is a file, and {named} is none; name images, or a file.");
                }

                InspectRemote(session, parsed, named, target, images, smoothing);
                return ExitCode.Done;
            }

            string path = Bundled.Resolve(named);
            target.ThrowIfRemoteGiven(parsed, path);
            bool isPrior = PriorFile.IsPrior(path);
            if (isPrior || OptimizerFile.IsOptimizer(path))
            {
                // All options of this command are for classifiers.
                if (parsed.FirstGiven(command.Options) is { } given)
                {
                    throw new InputException($"'{path}' is a {(isPrior ? "prior" : "learned optimizer")}, to which {given.Name} does not apply; remove it, or name a classifier.");
                }

                NamedLine.Write(session.Terminal, isPrior ? PriorFile.Describe(path).ToText(path) : OptimizerFile.Describe(path).ToText());
                return ExitCode.Done;
            }

            OnnxOracleOptions options = target.Options(parsed) with { Declared = TargetOptions.Processor(parsed, path)?.Encoding };
            if (table.IsGiven(parsed, save.Name))
            {
                using TableTask task = table.Open(parsed, path, options, attacks: false);
                InspectTable.Write(session.Terminal, task);
                if (parsed.GetValue(save) is { } file)
                {
                    ResultFolder.EnsureWritable(Path.GetDirectoryName(Path.GetFullPath(file))!, save.Name);
                    AtomicFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(task.Constraints.ToJson() + "\n")));
                    session.Terminal.Output.WriteLine($"Constraints: {file}");
                }

                return ExitCode.Done;
            }

            if (parsed.GetValue(save) is not null)
            {
                throw new InputException("--save-constraints needs a table to learn from; name one with --table.");
            }

            if (!ImageOptions.AreNamed(parsed) && OnnxTableModel.IsOfTable(path))
            {
                using var model = OnnxTableModel.Load(path, options.Output, options.Scores);
                InspectTable.Write(session.Terminal, model);
                session.Terminal.Output.WriteLine("Name rows (--table ROWS.csv --label COLUMN) to have the model tried and to see what rows can be.");
                return ExitCode.Done;
            }

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

                    NamedLine.Write(session.Terminal, bare.Info.ToText());
                    session.Terminal.Output.WriteLine("Name labelled images (--images or --dataset) to have pixels and scores checked.");
                    return ExitCode.Done;
                }

                // The warnings about the model were already shown.
                options = options with { Warn = null };
            }

            ImageSet set = LabelledImages(images.Load(parsed, path));
            set.Warnings.ToList().ForEach(session.Terminal.Note);
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, set, options);
            set = oracle.Fit(set);
            Inspect(session, oracle, oracle.Info.ToText(), set, Math.Min(images.Count(parsed) ?? set.Count, set.Count), parsed.GetValue(smoothing));
            if (set is { Fit: not null, Shape.Channels: > 1 })
            {
                TryFeeds(session, oracle, set, options.Encoding is null, images.Fit(parsed, model: null) is null ? fit => images.Load(parsed, path, fit) : null);
            }

            return ExitCode.Done;
        });
        return command;
    }

    // A service is asked about images only if some are named, because each may cost money.
    private static void InspectRemote(Session session, ParseResult parsed, string address, TargetOptions target, ImageOptions images, Option<bool> smoothing)
    {
        Terminal terminal = session.Terminal;
        if (!ImageOptions.AreNamed(parsed))
        {
            if (parsed.FirstGiven([smoothing, .. images.All]) is { } idle)
            {
                throw new InputException($"{idle.Name} needs images, but none are named; remove it, or name some with --images or --dataset.");
            }

            NamedLine.Write(terminal, RemoteClassifier.Describe(address, target.RemoteOptions(parsed, address, classes: null), session.Cancellation));
            terminal.Output.WriteLine("Name labelled images (--images or --dataset) to have pixels and scores checked, which sends queries.");
            return;
        }

        ImageSet set = LabelledImages(images.Load(parsed, null));
        set.Warnings.ToList().ForEach(terminal.Note);
        using var oracle = RemoteClassifier.Open(address, set, target.RemoteOptions(parsed, address, images.Classes(parsed, model: null)), session.Cancellation);
        set = oracle.Fit(set);
        oracle.Info.Warnings.ToList().ForEach(terminal.Note);
        Inspect(session, oracle, oracle.Info.ToText(), set, Math.Min(images.Count(parsed) ?? set.Count, set.Count), parsed.GetValue(smoothing));
        NamedLine.Write(terminal, "sent", oracle.Summary ?? "");
        if (oracle.Cost is { } cost)
        {
            NamedLine.Write(terminal, "cost", string.Create(CultureInfo.InvariantCulture, $"{cost.Spent:0.######}"));
        }
    }

    private static ImageSet LabelledImages(ImageSet set) => !set.IsUnlabelled ? set
        : throw new InputException("Images without labels show nothing about a model, since each is of the class that the model gives it; give their labels instead of --labels predicted.");

    private static void Inspect(Session session, IClassifier oracle, IEnumerable<(string Name, string Text)> lines, ImageSet set, int count, bool withSmoothing)
    {
        Terminal terminal = session.Terminal;
        var correct = CorrectImages.Find(oracle, set.Select([.. Enumerable.Range(0, count)]), cancellation: session.Cancellation);
        ImageSet right = correct.Images;
        ScoreKind kind = correct.Scores;
        if (withSmoothing && right.Count == 0)
        {
            throw new InputException($"--smoothing needs an image that the model classifies correctly, but it gets none of {count} of {set.Name} right; name others, or correct the labels or --pixels.");
        }

        NamedLine.Write(terminal, lines);
        bool isLabels = oracle is RemoteClassifier { Info.LabelsOnly: true };
        NamedLine.Write(terminal, "on images", $"{right.Count} of {count} images of {set.Name} classified correctly; {(isLabels ? "attack the model with --labels-only, since it gives labels" : $"the scores look like {ScoreKinds.Name(kind)}")}");
        set.Assumptions.Append(oracle.Info.Answers?.Confusion).OfType<string>().ToList().ForEach(text => NamedLine.Write(terminal, "", $"– {text}"));
        if (kind == ScoreKind.Probabilities && !isLabels)
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

    // Photos are fed in several ways in training, and a model is often right about fewer of them if it is fed in another way.
    private static void TryFeeds(Session session, OnnxClassifierOracle oracle, ImageSet set, bool tryEncodings, Func<PictureFit, ImageSet>? load)
    {
        int[] sample = [.. Enumerable.Range(0, Math.Min(SampleImages, set.Count)).Select(i => (int)((long)i * set.Count / Math.Min(SampleImages, set.Count)))];
        int most = Right(set);
        if (tryEncodings)
        {
            EncodingGuess guess = EncodingGuess.FromImages(oracle, set);
            guess.Reasons.Except(oracle.Info.EncodingReasons).ToList().ForEach(reason => NamedLine.Write(session.Terminal, "", $"– {reason}"));
            most = Math.Max(most, guess.Answers!.Right);
        }

        foreach (PictureFit fit in load is null ? [] : OtherFits.Where(fit => fit.Describe(set.Shape.Height, set.Shape.Width) != set.Fit))
        {
            ImageSet other = oracle.Fit(load!(fit));
            int right = Right(other);
            NamedLine.Write(session.Terminal, "", $"– {right} of {sample.Length} images are right where {fit.Describe(set.Shape.Height, set.Shape.Width)}");
            most = Math.Max(most, right);
        }

        if (most < TargetOptions.LeastAccuracy(oracle.ScoreLength) * sample.Length)
        {
            NamedLine.Write(
                session.Terminal, "", $"– however the model is fed, at most {most} of {sample.Length} images are right; check the labels, the order of the classes (--classes) and how the model was trained");
        }

        int Right(ImageSet images) => CorrectImages.Find(oracle, images.Select(sample), cancellation: session.Cancellation).Indices.Count;
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
