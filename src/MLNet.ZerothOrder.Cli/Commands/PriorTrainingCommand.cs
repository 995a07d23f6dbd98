using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo train --kind prior</c>: the options that it alone has, and the training.</summary>
internal sealed class PriorTrainingCommand(Session session)
{
    private readonly Option<int?> _budget = Numbers.Int("--budget", "For --kind prior: the queries; each image costs one (default: 50000).", "N", 20, 100_000_000);
    private readonly Option<bool> _labelsOnly = new("--labels-only") { Description = "For --kind prior: learn from the predicted classes alone." };
    private readonly Option<int?> _epochs = Numbers.Int("--epochs", "For --kind prior: the passes over the answers (default: 12).", "N", 1, 10_000);

    public Option[] All => [_budget, _labelsOnly, _epochs];

    /// <summary>Learns a prior and writes it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The file.</param>
    /// <param name="resume">Whether an interrupted training is resumed.</param>
    /// <param name="target">The options of the classifier.</param>
    /// <param name="images">The options of the images.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="rate">Adam's learning rate; null for the default.</param>
    /// <param name="quiet">Whether to hide progress.</param>
    /// <param name="json">Whether to print the result document.</param>
    /// <returns>The exit code.</returns>
    public int Execute(ParseResult parsed, string path, bool resume, TargetOptions target, ImageOptions images, long seed, double? rate, bool quiet, bool json)
    {
        PriorSession.ThrowIfUnusable(path, resume);
        var backend = (IStudentBackend)BackendOption.TorchSharpBackend("--kind prior");
        ImageSet set = images.Load(parsed, target.ModelPath(parsed));
        using OnnxClassifierOracle oracle = target.Load(parsed, ref set);
        if (images.GivenCount(parsed) is { } count && count < set.Count)
        {
            set = set.Select([.. Enumerable.Range(0, count)]);
        }

        var options = new PriorOptions { Seed = seed, LabelsOnly = parsed.GetValue(_labelsOnly) };
        options = options with
        {
            Budget = parsed.GetValue(_budget) ?? options.Budget,
            Epochs = parsed.GetValue(_epochs) ?? options.Epochs,
            LearningRate = rate ?? options.LearningRate,
        };
        var about = new RunIdentity { { "images", $"SHA-256 {set.Hash()}" } };
        oracle.AddTo(about);
        var training = new PriorTraining(oracle, set, options, backend, target.Scores(parsed));
        var run = new PriorSession(training, path, new PriorInfo
        {
            Image = set.Shape,
            Classes = oracle.ScoreLength,
            Target = Path.GetFileName(oracle.Info.Path),
            TargetSha256 = oracle.Info.Sha256,
            TrainedOn = Terminal.Printable(string.Create(CultureInfo.InvariantCulture, $"{Math.Min(set.Count, options.Budget)} images of {set.Name}, half of them with noise")),
        })
        {
            About = about,
            Resume = resume,
            Command = session.CommandText,
        };
        PriorResult result = run.Run(
            point =>
            {
                if (!quiet)
                {
                    session.Terminal.Error.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"epoch {point.Epoch}/{options.Epochs}: training {point.TrainingLoss:0.0000}, validation {point.ValidationLoss:0.0000}{(point.IsBest ? " (best)" : "")}, agrees with the model on {100 * point.Agreement:0.0} %"));
                }
            },
            session.Cancellation);
        if (result.Partial)
        {
            session.Terminal.Fail($"Interrupted; the best prior so far is in {path}; resume with --resume.");
            return ExitCode.Interrupted;
        }

        if (json)
        {
            session.Terminal.Output.WriteLine(result.ToJson());
        }
        else
        {
            session.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Queries:N0} queries, {result.Seconds:F0} s"));
            session.Terminal.Output.WriteLine($"Prior: {path} (SHA-256 {result.Sha256})");
        }

        return ExitCode.Done;
    }
}
