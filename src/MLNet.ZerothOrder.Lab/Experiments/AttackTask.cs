using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>An attack task of the paper: a classifier, its test images and the paper's settings.</summary>
/// <param name="Context">What it is run in.</param>
/// <param name="Name">Its name, such as <c>mnist</c>.</param>
/// <param name="Title">Its name in headings.</param>
/// <param name="Oracle">The classifier.</param>
/// <param name="Images">Images to choose from.</param>
/// <param name="Settings">Tuned settings of hand-designed optimizers; null for none.</param>
/// <param name="Loss">The attack loss, with the detected kind of scores.</param>
/// <param name="Directions">q.</param>
internal sealed record AttackTask(
    ExperimentContext Context, string Name, string Title, OnnxClassifierOracle Oracle, ImageSet Images, SettingsFile? Settings, AttackLoss Loss, int Directions)
{
    // Part of a run that an interruption loses: a few seconds.
    private const long QueriesPerRun = 100_000;

    /// <summary>T.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>The optimizer that was learned on this task: ZO-LSTM in its figures.</summary>
    public string Learned => $"zo-lstm-{Name}";

    /// <summary>The one with both networks, for the figures about QueryRNN.</summary>
    public string LearnedWithQuery => Name == "mnist" ? $"{Learned}-guided" : Learned;

    /// <summary>What it is run on, in words.</summary>
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
            const int Looked = 64;
            ScoreKind scores = CorrectImages.Find(oracle, images, Looked, cancellation: context.Cancellation).Scores;
            var loss = new AttackLoss { DistortionWeight = weight, Scores = scores };
            return new AttackTask(context, name, title, oracle, images, File.Exists(settings) ? SettingsFile.Read(settings) : null, loss, directions);
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    // Untuned settings have no μ, and measuring it on a few images would depend on the images.
    public static double Smoothing(NamedOptimizer optimizer) => optimizer.Optimizer.Smoothing ?? 1e-4;

    /// <summary>An optimizer as this task's figures call it.</summary>
    public string Label(string optimizer) => OptimizerLabel.Of(optimizer, optimizer.Split(':')[0] == LearnedWithQuery ? LearnedWithQuery : Learned);

    /// <summary>Makes an optimizer. The caller disposes it.</summary>
    public NamedOptimizer Optimizer(string typed) => NamedOptimizer.Create(typed, new NamedOptimizerOptions { Settings = Settings, Directions = Directions });

    /// <summary>The first images that the classifier gets right.</summary>
    public ImageSet Right(int count)
    {
        var correct = CorrectImages.Find(Oracle, Images, count, cancellation: Context.Cancellation);
        return correct.Indices.Count == count ? correct.Images : throw new InputException(
            $"{count} images were asked for, but only {correct.Indices.Count} of {Images.Name} can be attacked; ask for fewer.") { Argument = nameof(ExperimentOptions.Images) };
    }

    /// <summary>Attacks images with each optimizer, all from the same starts.</summary>
    public IReadOnlyList<OptimizerRun> Attack(IEnumerable<string> optimizers, ImageSet images, int trials)
    {
        string[] all = [.. optimizers.Distinct()];
        int chunk = (int)Math.Clamp(QueriesPerRun / ((Directions + 1L) * Iterations), 1, 25);
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
                    results.AddRange(Stored(choice, "attack", part, trial, [], () => this.Attack(choice, part, trial, share)));
                }
            }

            return results;
        }
    }

    /// <summary>A stored run of an optimizer on some images.</summary>
    public IReadOnlyList<ImageResult> Stored(NamedOptimizer choice, string kind, ImageSet images, int trial, IEnumerable<(string Name, object Value)> more, Func<AttackResult> make) =>
        Context.Stored(
            kind, trial, Smoothing(choice), Iterations,
            [("model", Oracle.Info.Sha256), ("images", images.Hash()), ("distortionWeight", Loss.DistortionWeight), ("scores", Loss.Scores), .. ExperimentContext.Identity(choice), .. more], make);

    /// <summary>An attack on one image, by default the one that an attack of the whole set makes.</summary>
    public Problem Problem(NamedOptimizer choice, ImageSet images, int image, int trial, IZerothOrderOptimizer? recorder = null, Func<AttackObjective, IObjective>? change = null)
    {
        var objective = new AttackObjective(images.Image(image), images.Label(image), Oracle.ScoreLength, Loss);
        RandomKey key = new BlackBoxAttack(Oracle, choice.Optimizer, Options(choice)).ProblemKey(images.Image(image).Span, images.Label(image), trial);
        return new Problem(
            $"image {images.ImageName(image)}", change?.Invoke(objective) ?? objective, recorder ?? choice.Optimizer, (float)Smoothing(choice), key, new RunLimits { Iterations = Iterations });
    }

    /// <summary>Attacks one image, trial 0, and records each step.</summary>
    public Recording Record(ImageSet images, int image, string typed)
    {
        using NamedOptimizer choice = Optimizer(typed);
        var recorder = new Recorder(choice.Optimizer);
        Problem problem = Problem(choice, images, image, trial: 0, recorder);
        Context.RunOnce(Oracle, problem, $"{choice.Name.Short}, image {images.ImageName(image)}");
        return new Recording(problem, recorder);
    }

    private AttackResult Attack(NamedOptimizer choice, ImageSet images, int trial, double share)
    {
        AttackResult result = new BlackBoxAttack(Oracle, choice.Optimizer, Options(choice) with { FirstTrial = trial, FailedCalls = 0 }).Run(
            images, _ => Context.Report($"{Title}: {choice.Name.Short}", share), Context.Cancellation);
        Context.Cancellation.ThrowIfCancellationRequested();
        return result.Failure is { } failure ? throw failure : result;
    }

    // The paper's attack.
    private AttackOptions Options(NamedOptimizer choice) => new()
    {
        Loss = Loss,
        Scores = Loss.Scores,
        Limits = new RunLimits { Iterations = Iterations },
        Smoothing = Smoothing(choice),
        Seed = Context.Options.Seed,
    };
}
