using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of the attack itself.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _settings = new("--settings") { Description = "Optimizer settings as 'zo tune' writes them; those beside the model (M.settings.json) without it.", HelpName = "FILE" };
    private readonly Option<int?> _directions = Numbers.Int("--directions", "q: query directions per step, so a step asks q + 1 queries; without it what a learned optimizer was trained with, and 20 for others.", "Q", 1, 100_000);
    private readonly Option<int?> _iterations = Numbers.Int("--iterations", "T: steps per image; 200 without it.", "T", 1, 10_000_000);
    private readonly Option<long?> _budget = Numbers.Long("--budget", "The most queries per image.", "B", 1, long.MaxValue);
    private readonly Option<StopRule?> _stop = Choices.Of("--stop", "When to stop an image early: at its first success, or never (the default).", ("success", StopRule.Success), ("never", StopRule.Never));
    private readonly Option<int?> _patience = Numbers.Int("--patience", "Stop an image after this many iterations without a better loss.", "N", 1, 10_000_000);
    private readonly Option<double?> _time = Numbers.Real("--time-limit", "Stop the whole run after this many seconds.", "SECONDS", 0.001, 1e9);
    private readonly Option<DistortionNorm?> _norm = Choices.Of("--norm", "The norm of the distortion in the loss; l1 without it.", ("l1", DistortionNorm.L1), ("l2", DistortionNorm.L2), ("linf", DistortionNorm.LInfinity));
    private readonly Option<double?> _weight = Numbers.Real("--distortion-weight", "c: the distortion's weight in the loss; 0.1 without it.", "C", 0, 1e6);
    private readonly Option<double?> _confidence = Numbers.Real("--confidence", "κ: how far past the boundary the loss still rewards going; 0 without it.", "K", 0, 1e6);
    private readonly Option<int?> _target = Numbers.Int("--target", "The class to reach; any other class without it.", "K", 0, int.MaxValue);
    private readonly Option<BoxTransform?> _transform = Choices.Of("--transform", "How pixels are kept in [0, 1]; clip without it.", ("clip", BoxTransform.Clip), ("tanh", BoxTransform.Tanh));
    private readonly Option<string> _smoothing = new("--smoothing") { Description = "μ: the step of finite differences, or auto to measure it; the settings' or the learned optimizer's own without it, else auto.", HelpName = "auto|MU" };
    private readonly Option<long?> _seed = Numbers.Long("--seed", "The root of all random numbers; 1 without it.", "S", long.MinValue, long.MaxValue);
    private readonly Option<int?> _trials = Numbers.Int("--trials", "Independent runs per image; 1 without it.", "R", 1, 1_000_000);
    private readonly Option<int?> _batch = Numbers.Int("--batch", "Rows per call of the model at most; chosen without it. Results do not depend on it.", "ROWS", 1, 1_000_000);

    // An option of type bool would be a flag to the parser.
    private enum StopRule
    {
        Never,
        Success,
    }

    public void AddTo(Command command, bool forTuning = false)
    {
        Option[] shared = [_directions, _iterations, _norm, _weight, _confidence, _target, _transform, _smoothing, _seed, _batch];
        Option[] ofRuns = [_settings, _budget, _stop, _patience, _time, _trials];
        foreach (Option option in forTuning ? shared : [.. ofRuns, .. shared])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The given q; null where each optimizer is to have its own.</summary>
    public int? Directions(ParseResult parsed) => parsed.GetValue(_directions);

    public long Seed(ParseResult parsed) => parsed.GetValue(_seed) ?? 1;

    /// <summary>The given μ; null where it is to be the settings' own or measured.</summary>
    public double? Smoothing(ParseResult parsed, out bool measure)
    {
        string? text = parsed.GetValue(_smoothing);
        measure = string.Equals(text, "auto", StringComparison.OrdinalIgnoreCase);
        if (text is null || measure)
        {
            return null;
        }

        return Numbers.TryReal(text, out double value) && (float)value is > 0 and <= 1
            ? value : throw new InputException($"--smoothing is '{text}'; give auto, or a number above 0 and up to 1.");
    }

    public AttackOptions Options(ParseResult parsed, int? count, ScoreKind? scores) => new()
    {
        Loss = new AttackLoss
        {
            Norm = parsed.GetValue(_norm) ?? DistortionNorm.L1,
            DistortionWeight = parsed.GetValue(_weight) ?? 0.1,
            Confidence = parsed.GetValue(_confidence) ?? 0,
            Target = parsed.GetValue(_target),
            Transform = parsed.GetValue(_transform) ?? BoxTransform.Clip,
        },
        Scores = scores,
        Limits = new RunLimits
        {
            Iterations = parsed.GetValue(_iterations) ?? 200,
            Budget = parsed.GetValue(_budget),
            StopOnSuccess = parsed.GetValue(_stop) == StopRule.Success,
            Patience = parsed.GetValue(_patience),
            Time = parsed.GetValue(_time) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        },
        Smoothing = Smoothing(parsed, out _),
        Count = count,
        Trials = parsed.GetValue(_trials) ?? 1,
        Seed = Seed(parsed),
        BatchRows = parsed.GetValue(_batch),
    };

    /// <summary>The settings file to use: the given one, else the one beside the model, else none.</summary>
    public SettingsFile? SettingsFor(ParseResult parsed, string modelPath)
    {
        if (parsed.GetValue(_settings) is { } given)
        {
            return SettingsFile.Read(given);
        }

        string beside = Path.ChangeExtension(modelPath, ".settings.json");
        return File.Exists(beside) ? SettingsFile.Read(beside) : null;
    }
}
