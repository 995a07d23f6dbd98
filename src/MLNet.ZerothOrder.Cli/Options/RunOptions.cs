using System.CommandLine;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of the attack itself.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _settings = new("--settings") { Description = "Optimizer settings written by 'zo tune' (default: M.settings.json beside the model, if it exists).", HelpName = "FILE" };
    private readonly Option<int?> _directions = Numbers.Int("--directions", "q: directions per step; a step takes q + 1 queries (default: the training's value for a learned optimizer, 20 for others).", "Q", 1, 100_000);
    private readonly Option<int?> _iterations = Numbers.Int("--iterations", "T: the most steps per image (default: 200; no limit with --budget, --epsilon, --sparse or --labels-only).", "T", 1, 10_000_000);
    private readonly Option<long?> _budget = Numbers.Long("--budget", $"The most queries per image (default: no limit; {BoundedBudget} with --epsilon, --sparse or --labels-only, if --iterations is not given).", "B", 1, long.MaxValue);
    private readonly Option<double?> _flagged = FlaggedCost();
    private readonly Option<StopRule?> _stop = Choices.Of("--stop", "When to stop an image early: success (its first success) or never (default: never; success with --epsilon or --sparse).", ("success", StopRule.Success), ("never", StopRule.Never));
    private readonly Option<int?> _patience = Numbers.Int("--patience", "Stop an image after this many iterations without a better loss (default: no limit).", "N", 1, 10_000_000);
    private readonly Option<double?> _time = Numbers.Real("--time-limit", "Stop the whole run after this many seconds (default: no limit).", "SECONDS", 0.001, 1e9);
    private readonly Option<DistortionNorm?> _norm = Choices.Of<DistortionNorm>("--norm", "The norm of the distortion in the loss, or of the ball (default: l1; linf with --epsilon or --labels-only).", DistortionNorms.Word);
    private readonly Option<double?> _epsilon = Numbers.Fraction("--epsilon", "ε: every asked image stays in the ball of this radius around the original, and the loss is the margin alone; a number or a fraction such as 8/255 (default: no ball, but the distortion in the loss).", "E");
    private readonly Option<bool> _labelsOnly = new("--labels-only") { Description = "Use the predicted class only, as of a service that gives no scores; the loss is the distance of an image of another class. With --epsilon, a success is within the ball, though images outside are asked." };
    private readonly Option<int?> _sparse = Numbers.Int("--sparse", "At most this many pixels are changed, each in any of its channels, and the loss is the margin alone (default: no limit).", "K", 1, int.MaxValue);
    private readonly Option<DistortionWeight?> _weight = DistortionWeight.Option();
    private readonly Option<double?> _confidence = Numbers.Real("--confidence", "κ: the margin past the decision boundary that the loss still rewards (default: 0).", "K", 0, 1e6);
    private readonly Option<string> _target = new("--target") { Description = "The target class, counted from 0, or a class for each image: random (another than the true one) or least-likely (the lowest score of the clean image) (default: any class but the true one).", HelpName = "K|random|least-likely" };
    private readonly Option<BoxTransform?> _transform = Choices.Of<BoxTransform>("--transform", "How pixels are kept in [0, 1] (default: clip).");
    private readonly Option<string> _smoothing = new("--smoothing") { Description = "μ: the step of finite differences, or auto to measure it (default: that of the settings or the learned optimizer, else auto; larger where that sees no slope).", HelpName = "auto|MU" };
    private readonly Option<int?> _levels = Choices.Of<int>("--levels", "What a success has to survive: 256 (being saved as an 8-bit file) or float (nothing) (default: 256; float for zo compare).", ("256", 256), ("float", 0));
    private readonly Option<long?> _seed = Numbers.Long("--seed", "The seed of all random numbers (default: 1).", "S", long.MinValue, long.MaxValue);
    private readonly Option<int?> _trials = Numbers.Int("--trials", "Independent runs per image (default: 1).", "R", 1, 1_000_000);
    private readonly Option<int?> _batch = Numbers.Int("--batch", "The most rows per call of the model (default: chosen automatically). Results do not depend on it.", "ROWS", 1, 1_000_000);

    // Papers of query attacks report 1,000 to 10,000.
    private const long BoundedBudget = 5000;

    private const long TableBudget = 2000;

    // The parser would treat an option of type bool as a flag.
    private enum StopRule
    {
        Never,
        Success,
    }

    public void AddTo(Command command, bool forTuning = false)
    {
        Option[] shared = [_directions, _iterations, _norm, _weight, _confidence, _target, _transform, _smoothing, _seed, _batch];
        Option[] ofRuns = [_settings, _epsilon, _sparse, _labelsOnly, _budget, _flagged, _stop, _patience, _time, _levels, _trials];
        if (forTuning)
        {
            // Tuning uses neither learned optimizers nor settings.
            _directions.Description = "q: directions per step; a step takes q + 1 queries (default: 20).";
            _smoothing.Description = "μ: the step of finite differences, or auto to measure it (default: auto).";
        }

        command.Add(forTuning ? shared : [.. ofRuns, .. shared]);
    }

    /// <summary>The given q; null if each optimizer uses its own.</summary>
    public int? Directions(ParseResult parsed) => parsed.GetValue(_directions);

    public long Seed(ParseResult parsed) => parsed.GetValue(_seed) ?? 1;

    /// <summary>The given μ; null if the settings' μ is used or μ is measured.</summary>
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

    /// <summary>The option <c>--flagged-cost</c>.</summary>
    public static Option<double?> FlaggedCost() => Numbers.Real("--flagged-cost", "X: a query that the model does not answer with the true class, which a service may notice, counts X times towards the budget; such queries are also counted apart (default: 1, not counted apart).", "X", 1, 1e9);

    /// <summary>Whether flagged queries are counted apart.</summary>
    public bool CountsFlagged(ParseResult parsed) => parsed.GetValue(_flagged) is not null;

    /// <summary>The most rows per call; null for the model's own choice.</summary>
    public int? Batch(ParseResult parsed) => parsed.GetValue(_batch);

    /// <summary>What the attack may change and what it minimizes.</summary>
    /// <exception cref="InputException">Options exclude each other.</exception>
    public AttackLoss Loss(ParseResult parsed)
    {
        double? epsilon = parsed.GetValue(_epsilon);
        (int? target, TargetChoice? choice) = Target(parsed);
        DistortionWeight? weight = parsed.GetValue(_weight);
        AttackLoss loss = (weight?.Fixed is { } c ? new AttackLoss { DistortionWeight = c } : new AttackLoss()) with
        {
            BisectionRounds = weight?.Rounds,
            Norm = parsed.GetValue(_norm) ?? (epsilon is null && !parsed.GetValue(_labelsOnly) ? DistortionNorm.L1 : DistortionNorm.LInfinity),
            Epsilon = epsilon,
            Pixels = parsed.GetValue(_sparse),
            LabelsOnly = parsed.GetValue(_labelsOnly),
            Confidence = parsed.GetValue(_confidence) ?? 0,
            Target = target,
            TargetChoice = choice,
            Transform = parsed.GetValue(_transform) ?? BoxTransform.Clip,
        };
        return loss.IsMinimalDistortion || parsed.FirstGiven(_weight, _confidence) is not { } idle ? loss
            : throw new InputException($"{idle.Name} is for minimal distortion, not for {loss.Threat}; remove it.");
    }

    private (int? Class, TargetChoice? Choice) Target(ParseResult parsed)
    {
        if (parsed.GetValue(_target) is not { } text)
        {
            return default;
        }

        foreach (TargetChoice choice in Enum.GetValues<TargetChoice>())
        {
            if (string.Equals(text, choice.Word(), StringComparison.OrdinalIgnoreCase))
            {
                return (null, choice);
            }
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int target) ? (target, null)
            : throw new InputException($"--target is '{text}'; give a class, a whole number from 0 on, or random or least-likely.");
    }

    /// <summary>The options of an attack; <paramref name="levels"/> is the default of <see cref="AttackOptions.Levels"/>.</summary>
    public AttackOptions Options(ParseResult parsed, int? count, ScoreKind? scores, int? levels = null) => Options(parsed, Loss(parsed), count, scores, levels);

    /// <summary>The options of an attack on a table, where labels alone have no ball and 2,000 queries per row are the default.</summary>
    public AttackOptions OptionsOfTable(ParseResult parsed, int? count, ScoreKind? scores)
    {
        AttackLoss loss = Loss(parsed) with { Norm = parsed.GetValue(_norm) ?? DistortionNorm.L1 };
        AttackOptions options = Options(parsed, loss, count, scores, levels: null);
        return options with
        {
            Limits = options.Limits with { Iterations = parsed.GetValue(_iterations) ?? int.MaxValue, Budget = parsed.GetValue(_budget) ?? (parsed.GetValue(_iterations) is null ? TableBudget : null), StopOnSuccess = parsed.GetValue(_stop) == StopRule.Success },
        };
    }

    private AttackOptions Options(ParseResult parsed, AttackLoss loss, int? count, ScoreKind? scores, int? levels) => new()
    {
        Loss = loss,
        Scores = scores,
        Limits = new RunLimits
        {
            Iterations = parsed.GetValue(_iterations) ?? (loss.IsMinimalDistortion && parsed.GetValue(_budget) is null ? 200 : int.MaxValue),
            Budget = parsed.GetValue(_budget) ?? (loss.IsMinimalDistortion || parsed.GetValue(_iterations) is not null ? null : BoundedBudget),
            StopOnSuccess = (parsed.GetValue(_stop) ?? (loss.IsBounded || loss is { LabelsOnly: true, Epsilon: not null } ? StopRule.Success : StopRule.Never)) == StopRule.Success,
            FlaggedCost = parsed.GetValue(_flagged),
            Patience = parsed.GetValue(_patience),
            Time = parsed.GetValue(_time) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        },
        Smoothing = Smoothing(parsed, out _),
        Count = count,
        Trials = parsed.GetValue(_trials) ?? 1,
        Levels = parsed.GetValue(_levels) is { } given ? (given == 0 ? null : given) : levels,
        Seed = Seed(parsed),
        BatchRows = Batch(parsed),
    };

    /// <summary>The settings file: the given one, else the one beside the model; null for none.</summary>
    public SettingsFile? SettingsFor(ParseResult parsed, string? modelPath) => SettingsPath(parsed, modelPath) is { } path ? SettingsFile.Read(path) : null;

    /// <summary>A note about settings that were tuned for something else; null if they fit or no optimizer uses them.</summary>
    public string? UnfitSettings(ParseResult parsed, SettingsFile settings, ClassifierInfo model, IReadOnlyList<NamedOptimizer> optimizers)
    {
        if (!optimizers.Any(o => o.Settings.StepSize is not null) || SettingsPath(parsed, model.Path) is not { } path)
        {
            return null;
        }

        if (settings.ModelSha256 is { } sha256 && sha256 != model.Sha256)
        {
            string another = settings.Model is { } name ? $"another model ({name})" : "another model";
            return parsed.GetValue(_settings) is null
                ? $"The settings of {path}, which are beside the model, were tuned for {another}; tune again with 'zo tune', or name a file with --settings."
                : $"The settings of --settings {path} were tuned for {another}, so they may not fit this one; tune for it with 'zo tune'.";
        }

        (OptimizerSettings Tuned, int Here)[] taken =
        [
            .. optimizers.SelectMany(c => (settings.For(c.Name.Typed) ?? settings.For(c.Name.Base)) is { } own ? new[] { (own, c.Optimizer.Directions) } : []),
        ];
        List<string> tuned = [], here = [], options = [];
        double weight = Weight(parsed);
        // In ℓ∞, where c is found from the slopes, a c that is not given is not known yet.
        bool isFound = parsed.GetValue(_weight) is null && Loss(parsed).Norm == DistortionNorm.LInfinity;
        if (taken.Length > 0 && settings.DistortionWeight is { } other && other != weight && parsed.GetValue(_weight)?.Rounds is null && !isFound)
        {
            Add("c", other, weight, _weight);
        }

        // Only 'zo tune' states what it tuned for. In a file written by hand, q is only a default.
        if (settings.Task is not null && taken.FirstOrDefault(c => c.Tuned.Directions != c.Here) is { Tuned: not null } differing)
        {
            Add("q", differing.Tuned.Directions, differing.Here, _directions);
        }

        return tuned.Count == 0 ? null
            : $"The settings of {path} were tuned at {string.Join(" and ", tuned)}, but this run uses {string.Join(" and ", here)}; give {string.Join(" ", options)} to use theirs, or tune again with 'zo tune'.";

        void Add(string symbol, double theirs, double ours, Option option)
        {
            tuned.Add(string.Create(CultureInfo.InvariantCulture, $"{symbol} = {theirs}"));
            here.Add(string.Create(CultureInfo.InvariantCulture, $"{symbol} = {ours}"));
            options.Add(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {theirs}"));
        }
    }

    /// <summary>A given option without effect on a method that asks points of its own; null for none.</summary>
    public string? IdleForPoints(ParseResult parsed) => parsed.FirstGiven(_directions, _smoothing, _settings)?.Name;

    /// <summary>Throws if an option has no effect on any of the optimizers, or the budget has no room for one step of an optimizer, because nothing would be attacked.</summary>
    public void ThrowIfNoStep(ParseResult parsed, IReadOnlyList<NamedOptimizer> optimizers)
    {
        // A method asks points of its own, as many as the budget has room for.
        NamedOptimizer[] steps = [.. optimizers.Where(o => !o.Optimizer.AsksPoints)];
        if (steps.Length == 0)
        {
            if (IdleForPoints(parsed) is { } idle)
            {
                throw new InputException($"{idle} has no effect on {optimizers[0].Name.Typed}, which asks points of its own; remove it.");
            }

            return;
        }

        NamedOptimizer dearest = steps.MaxBy(o => o.Optimizer.Directions)!;
        long directions = dearest.Optimizer.Directions;
        double cost = parsed.GetValue(_flagged) ?? 1;
        if (parsed.GetValue(_budget) is { } budget && budget < (directions + 2) * cost)
        {
            if (cost > 1)
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"--budget {budget} has no room for a step of {dearest.Name.Typed} whose {directions + 2} queries are all flagged at --flagged-cost {cost}; give at least {(directions + 2) * cost}, or fewer --directions."));
            }

            throw new InputException(
                $"--budget {budget} has no room for a step of {dearest.Name.Typed}: {directions} direction{(directions == 1 ? "" : "s")}, the iterate and the last iterate are {directions + 2} queries; give at least {directions + 2}, or fewer --directions.");
        }
    }

    private string? SettingsPath(ParseResult parsed, string? modelPath) =>
        parsed.GetValue(_settings) ?? (Path.ChangeExtension(modelPath, ".settings.json") is { } beside && File.Exists(beside) ? beside : null);

    private double Weight(ParseResult parsed) => parsed.GetValue(_weight)?.Fixed ?? new AttackLoss().DistortionWeight;
}
