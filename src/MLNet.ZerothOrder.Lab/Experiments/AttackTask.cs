using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>An attack task of the paper: a classifier, its test images and the paper's settings.</summary>
/// <param name="Context">The experiment that runs it.</param>
/// <param name="Name">The name, such as <c>mnist</c>.</param>
/// <param name="Title">The name in headings.</param>
/// <param name="Oracle">The classifier.</param>
/// <param name="Images">The test images, from which the first correctly classified ones are attacked.</param>
/// <param name="Settings">Tuned settings of hand-designed optimizers; null for none.</param>
/// <param name="Loss">The attack loss, with the detected kind of scores.</param>
/// <param name="Directions">q, the directions of a step.</param>
internal sealed record AttackTask(
    ExperimentContext Context, string Name, string Title, OnnxClassifierOracle Oracle, ImageSet Images, SettingsFile? Settings, AttackLoss Loss, int Directions)
{
    // Runs are stored in parts of about this size, so that an interruption loses only a few seconds.
    private const long QueriesPerRun = 100_000;
    private const int ImagesPerRun = 25;
    private const string WithPrior = "+prior";

    /// <summary>T, the number of steps.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>The most queries of an image, whose run then ends at its first success or at the budget; null for a run of all <see cref="Iterations"/>.</summary>
    public long? Budget { get; init; }

    /// <summary>What an optimizer called <c>NAME+prior</c> starts from; the caller disposes it.</summary>
    public IDirectionPrior? Prior { get; init; }

    /// <summary>The optimizer that was trained on this task, called ZO-LSTM in its figures.</summary>
    public string Learned => $"zo-lstm-{Name}";

    /// <summary>The optimizer for the figures about QueryRNN, which has both networks.</summary>
    public string LearnedWithQuery => Name == "mnist" ? $"{Learned}-guided" : Learned;

    /// <summary>The classifier, the images and the settings, in words.</summary>
    public string On => $"{Path.GetFileName(Oracle.Info.Path)} (SHA-256 {Oracle.Info.Sha256[..12]}…), test images of {Images.Name}, ℓ1, c = {Loss.DistortionWeight:G}, q = {Directions}, {Iterations} iterations";

    public static AttackTask Create(ExperimentContext context, string name, string title, ImageSet images, double weight, int directions)
    {
        string path = Path.Combine(context.Options.Models, $"{name}-cnn.onnx");
        if (!File.Exists(path))
        {
            throw new InputException($"The classifier {path} is missing.") { Argument = nameof(ExperimentOptions.Models) };
        }

        string settings = Path.ChangeExtension(path, ".settings.json");
        OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, images, new OnnxOracleOptions { Encoding = PixelEncoding.Unit, BatchSizes = BatchSizes.OfUser, Warn = context.Options.Note });
        try
        {
            const int Sample = 64;
            ScoreKind scores = CorrectImages.Find(oracle, images, Sample, cancellation: context.Cancellation).Scores;
            var loss = new AttackLoss { DistortionWeight = weight, Scores = scores };
            return new AttackTask(context, name, title, oracle, images, File.Exists(settings) ? SettingsFile.Read(settings) : null, loss, directions);
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    // Untuned settings have no μ. It is not measured here, because the result would depend on the number of images.
    public static double Smoothing(NamedOptimizer optimizer) => optimizer.Optimizer.Smoothing ?? 1e-4;

    /// <summary>The name of an optimizer in this task's figures.</summary>
    public string Label(string optimizer) => OptimizerLabel.Of(optimizer, optimizer.Split(':')[0] == LearnedWithQuery ? LearnedWithQuery : Learned);

    /// <summary>Creates an optimizer. The caller disposes it.</summary>
    public NamedOptimizer Optimizer(string typed)
    {
        bool startsFromPrior = Prior is not null && typed.EndsWith(WithPrior, StringComparison.Ordinal);
        NamedOptimizer optimizer = NamedOptimizer.Create(startsFromPrior ? typed[..^WithPrior.Length] : typed, new NamedOptimizerOptions { Settings = Settings, Directions = Directions });
        return startsFromPrior ? optimizer.With(Prior!) : optimizer;
    }

    /// <summary>The first images that the classifier classifies correctly.</summary>
    public ImageSet FirstCorrect(int count)
    {
        var correct = CorrectImages.Find(Oracle, Images, count, cancellation: Context.Cancellation);
        return correct.Indices.Count == count ? correct.Images : throw new InputException(
            $"{count} images were asked for, but only {correct.Indices.Count} of {Images.Name} can be attacked; ask for fewer.") { Argument = nameof(ExperimentOptions.Images) };
    }

    /// <summary>Attacks images with each optimizer, from the same starts.</summary>
    public IReadOnlyList<OptimizerRun> Attack(IEnumerable<string> optimizers, ImageSet images, int trials)
    {
        string[] all = [.. optimizers.Distinct()];
        int chunk = Budget is null ? (int)Math.Clamp(QueriesPerRun / ((Directions + 1L) * Iterations), 1, ImagesPerRun) : ImagesPerRun;
        return [.. all.Select((typed, o) => new OptimizerRun(Name, typed, Label(typed), Attack(typed, o)))];

        List<ImageResult> Attack(string typed, int place)
        {
            using NamedOptimizer choice = Optimizer(typed);
            var results = new List<ImageResult>();
            for (int trial = 0; trial < trials; trial++)
            {
                for (int from = 0; from < images.Count; from += chunk)
                {
                    Context.Cancellation.ThrowIfCancellationRequested();
                    ImageSet part = images.Select([.. Enumerable.Range(from, Math.Min(chunk, images.Count - from))]);
                    double share = (place + ((trial + ((double)from / images.Count)) / trials)) / all.Length;
                    results.AddRange(Stored(choice, Budget is null ? "attack" : "ball", part, trial, OfBall(), () => this.Attack(choice, part, trial, share)));
                }
            }

            return results;
        }
    }

    /// <summary>The results of an optimizer on some images, from the store if they are there.</summary>
    public IReadOnlyList<ImageResult> Stored(NamedOptimizer choice, string kind, ImageSet images, int trial, IEnumerable<(string Name, object Value)> more, Func<AttackResult> make) =>
        Context.Stored(
            kind, trial, Smoothing(choice), Iterations,
            [("model", Oracle.Info.Sha256), ("images", images.Hash()), ("distortionWeight", Loss.DistortionWeight), ("scores", Loss.Scores), .. ExperimentContext.Identity(choice), .. more], make,
            Enumerable.Range(0, images.Count).Select(images.ImageName));

    /// <summary>The attack on one image; by default the same one as in an attack on the whole set.</summary>
    public Problem Problem(NamedOptimizer choice, ImageSet images, int image, int trial, IZerothOrderOptimizer? recorder = null, Func<AttackObjective, IObjective>? change = null)
    {
        var objective = new AttackObjective(images.Image(image), images.Label(image), Oracle.ScoreLength, Loss) { Shape = images.Shape };
        RandomKey key = new BlackBoxAttack(Oracle, choice.Optimizer, Options(choice)).ProblemKey(images.Image(image).Span, images.Label(image), trial);
        return new Problem(
            $"image {images.ImageName(image)}", change?.Invoke(objective) ?? objective, recorder ?? choice.Optimizer, (float)Smoothing(choice), key, new RunLimits { Iterations = Iterations });
    }

    /// <summary>Attacks one image, as trial 0, and records each step.</summary>
    public Recording Record(ImageSet images, int image, string typed)
    {
        using NamedOptimizer choice = Optimizer(typed);
        var recorder = new Recorder(choice.Optimizer);
        Problem problem = Problem(choice, images, image, trial: 0, recorder);
        Context.RunUnstored(Oracle, problem, $"{choice.Name.Short}, image {images.ImageName(image)}");
        return new Recording(problem, recorder);
    }

    // What determines a run in a ball beside what determines every run.
    private IEnumerable<(string Name, object Value)> OfBall() => Budget is { } budget
        ? [("norm", Loss.Norm), ("epsilon", Loss.Epsilon!), ("budget", budget), ("prior", Prior?.Origin.Sha256 ?? "")] : [];

    private AttackResult Attack(NamedOptimizer choice, ImageSet images, int trial, double share)
    {
        AttackResult result = new BlackBoxAttack(Oracle, choice.Optimizer, Options(choice) with { FirstTrial = trial, FailedCalls = 0 }).Run(
            images, _ => Context.Report($"{Title}: {choice.Name.Short}", share), Context.Cancellation);
        Context.Cancellation.ThrowIfCancellationRequested();
        return result.Failure is { } failure ? throw failure : result;
    }

    // The paper's attack, or one in a ball.
    private AttackOptions Options(NamedOptimizer choice) => new()
    {
        Loss = Loss,
        Scores = Loss.Scores,
        Limits = Budget is null ? new RunLimits { Iterations = Iterations } : new RunLimits { Iterations = int.MaxValue, Budget = Budget, StopOnSuccess = true },
        Smoothing = Smoothing(choice),
        Seed = Context.Options.Seed,
        Levels = null,
    };
}
