using System.CommandLine;
using System.Globalization;

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
    private readonly Option<DistortionNorm?> _norm = Choices.Of<DistortionNorm>("--norm", "The norm of the distortion in the loss; l1 without it.", DistortionNorms.Word);
    private readonly Option<double?> _weight = Numbers.Real("--distortion-weight", "c: the distortion's weight in the loss; 0.1 without it.", "C", 0, 1e6);
    private readonly Option<double?> _confidence = Numbers.Real("--confidence", "κ: how far past the boundary the loss still rewards going; 0 without it.", "K", 0, 1e6);
    private readonly Option<int?> _target = Numbers.Int("--target", "The class to reach; any other class without it.", "K", 0, int.MaxValue);
    private readonly Option<BoxTransform?> _transform = Choices.Of<BoxTransform>("--transform", "How pixels are kept in [0, 1]; clip without it.");
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
        if (forTuning)
        {
            // Tuning takes no learned optimizer and no settings.
            _directions.Description = "q: query directions per step, so a step asks q + 1 queries; 20 without it.";
            _smoothing.Description = "μ: the step of finite differences, or auto to measure it; measured without it.";
        }

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
            DistortionWeight = Weight(parsed),
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
    public SettingsFile? SettingsFor(ParseResult parsed, string modelPath) => SettingsPath(parsed, modelPath) is { } path ? SettingsFile.Read(path) : null;

    /// <summary>What to say of settings that were tuned for something else than this run; null where they fit, and where no optimizer heeds them.</summary>
    public string? UnfitSettings(ParseResult parsed, SettingsFile settings, OnnxClassifierInfo model, IReadOnlyList<NamedOptimizer> optimizers)
    {
        if (!optimizers.Any(o => o.Settings.StepSize is not null) || SettingsPath(parsed, model.Path) is not { } path)
        {
            return null;
        }

        if (settings.ModelSha256 is { } sha256 && sha256 != model.Sha256)
        {
            string another = settings.Model is { } name ? $"another model ({name})" : "another model";
            return parsed.GetValue(_settings) is null
                ? $"The settings of {path}, which lie beside the model, were tuned for {another}; tune anew with 'zo tune', or name a file with --settings."
                : $"The settings of --settings {path} were tuned for {another}, so they may not fit this one; tune for it with 'zo tune'.";
        }

        (OptimizerSettings Tuned, int Here)[] taken =
        [
            .. optimizers.SelectMany(c => (settings.For(c.Name.Typed) ?? settings.For(c.Name.Base)) is { } own ? new[] { (own, c.Optimizer.Directions) } : []),
        ];
        List<string> tuned = [], here = [], options = [];
        double weight = Weight(parsed);
        if (taken.Length > 0 && settings.DistortionWeight is { } other && other != weight)
        {
            Add("c", other, weight, _weight);
        }

        // Only 'zo tune' tells what it tuned on; in a file by hand, q is no more than a default.
        if (settings.Task is not null && taken.FirstOrDefault(c => c.Tuned.Directions != c.Here) is { Tuned: not null } differing)
        {
            Add("q", differing.Tuned.Directions, differing.Here, _directions);
        }

        return tuned.Count == 0 ? null
            : $"The settings of {path} were tuned at {string.Join(" and ", tuned)}, and this run is at {string.Join(" and ", here)}; give {string.Join(" ", options)} to have theirs, or tune anew with 'zo tune'.";

        void Add(string symbol, double theirs, double ours, Option option)
        {
            tuned.Add(string.Create(CultureInfo.InvariantCulture, $"{symbol} = {theirs}"));
            here.Add(string.Create(CultureInfo.InvariantCulture, $"{symbol} = {ours}"));
            options.Add(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {theirs}"));
        }
    }

    /// <summary>Fails where an optimizer could not make a single step, so that nothing would be attacked.</summary>
    public void ThrowIfNoStep(ParseResult parsed, IReadOnlyList<NamedOptimizer> optimizers)
    {
        NamedOptimizer dearest = optimizers.MaxBy(o => o.Optimizer.Directions)!;
        long directions = dearest.Optimizer.Directions;
        if (parsed.GetValue(_budget) is { } budget && budget < directions + 2)
        {
            throw new InputException(
                $"--budget {budget} has no room for a step of {dearest.Name.Typed}: {directions} direction{(directions == 1 ? "" : "s")}, the iterate and the last iterate are {directions + 2} queries; give at least {directions + 2}, or fewer --directions.");
        }
    }

    private string? SettingsPath(ParseResult parsed, string modelPath) =>
        parsed.GetValue(_settings) ?? (Path.ChangeExtension(modelPath, ".settings.json") is var beside && File.Exists(beside) ? beside : null);

    private double Weight(ParseResult parsed) => parsed.GetValue(_weight) ?? 0.1;
}
