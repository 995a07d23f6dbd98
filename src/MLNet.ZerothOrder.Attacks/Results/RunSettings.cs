using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>All settings that determined one optimizer's run. Settings that an optimizer does not have are null, and absent in JSON.</summary>
public sealed record RunSettings
{
    /// <summary>The share of unguided directions in guided evolutionary strategies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Alpha { get; init; }

    /// <summary>ε of the ball in <see cref="Norm"/> that every asked image is in, or that a success by labels is in; null for no ball.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BallRadius { get; init; }

    /// <summary>Adam's β₁.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Beta1 { get; init; }

    /// <summary>Adam's β₂.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Beta2 { get; init; }

    /// <summary>The most queries per image; null for no limit.</summary>
    public long? Budget { get; init; }

    /// <summary>κ: the margin past the decision boundary that the loss still rewards.</summary>
    public double Confidence { get; init; }

    /// <summary>q: directions per step. A method that asks points of its own asks up to q + 1 of them.</summary>
    public int Directions { get; init; }

    /// <summary>c: the weight of the distortion in the loss.</summary>
    public double DistortionWeight { get; init; }

    /// <summary>Why c is not the default, though none was given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DistortionWeightFrom { get; init; }

    /// <summary>The rounds of the bisection that found c for each image; null if c is fixed. <see cref="DistortionWeight"/> is that of the first round.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BisectionRounds { get; init; }

    /// <summary>Adam's ε.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Epsilon { get; init; }

    /// <summary><c>forward</c> or <c>antithetic</c> differences.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Estimate { get; init; }

    /// <summary>The file of a learned optimizer, or its name if it is bundled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? File { get; init; }

    /// <summary>How many queries of the budget a flagged one takes; null if they are not counted apart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FlaggedCost { get; init; }

    /// <summary>Whether the attack used only predicted classes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LabelsOnly { get; init; }

    /// <summary>T: the most steps per image.</summary>
    public int Iterations { get; init; }

    /// <summary><c>hand-designed</c> or <c>learned</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }

    /// <summary>p: the probability per step of using QueryRNN's directions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Mix { get; init; }

    /// <summary>The levels of a channel in the file that a success has to survive; null if floats count.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Levels { get; init; }

    /// <summary>The norm of the distortion.</summary>
    [JsonConverter(typeof(NormConverter))]
    public DistortionNorm Norm { get; init; }

    /// <summary>The number of iterations without a better loss that ends an image; null for no limit.</summary>
    public int? Patience { get; init; }

    /// <summary>The most pixels that differ from the original; null for no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Pixels { get; init; }

    /// <summary>The prior that the optimizer started from; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Prior { get; init; }

    /// <summary>The queries that the prior was learned with, which no image is charged for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PriorQueries { get; init; }

    /// <summary>The hash of the prior's file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PriorSha256 { get; init; }

    /// <summary>The distribution of a learned optimizer's directions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sampling { get; init; }

    /// <summary>α: the factor of a learned optimizer's updates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Scale { get; init; }

    /// <summary>The hash of a learned optimizer's file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sha256 { get; init; }

    /// <summary>μ; 0 for a method that has none.</summary>
    public double Smoothing { get; init; }

    /// <summary>The source of μ as text.</summary>
    public string SmoothingFrom { get; init; } = "";

    /// <summary>The implementation of a learned optimizer's steps: <c>managed</c> or <c>onnx</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Step { get; init; }

    /// <summary>δ: the step size times the dimension.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? StepSize { get; init; }

    /// <summary><c>success</c> if an image ends at its first success, else <c>never</c>.</summary>
    public string Stop { get; init; } = "never";

    /// <summary>The target class of all images; null for an untargeted attack, or with <see cref="TargetChoice"/>.</summary>
    public int? Target { get; init; }

    /// <summary>How the target class of each image was chosen (<see cref="ImageResult.Target"/>): <c>random</c> or <c>least-likely</c>; null if it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TargetChoice { get; init; }

    /// <summary>How pixels are kept in [0, 1]: <c>clip</c> or <c>tanh</c>.</summary>
    public string Transform { get; init; } = "clip";

    /// <summary>Independent runs per image.</summary>
    public int Trials { get; init; } = 1;

    /// <summary>The source of a learned optimizer's updates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Update { get; init; }

    /// <summary>The allowed changes and answers in words, as <see cref="AttackLoss.Threat"/>.</summary>
    [JsonIgnore]
    public string Threat => Loss.Threat;

    /// <summary>Whether the loss is that of Eq. 6.</summary>
    [JsonIgnore]
    public bool IsMinimalDistortion => Loss.IsMinimalDistortion;

    private AttackLoss Loss => new() { Norm = Norm, Epsilon = BallRadius, Pixels = Pixels, LabelsOnly = LabelsOnly };

    /// <summary>The settings of an optimizer and of the attack's options.</summary>
    internal static RunSettings Of(IZerothOrderOptimizer optimizer, AttackOptions options, float smoothing, string smoothingFrom, int answersPerRow) => new()
    {
        Directions = optimizer.Directions,
        Iterations = options.Limits.Steps(optimizer, answersPerRow),
        Budget = options.Limits.Budget,
        FlaggedCost = options.Limits.FlaggedCost,
        Stop = options.Limits.StopOnSuccess ? "success" : "never",
        Patience = options.Limits.Patience,
        Norm = options.Loss.Norm,
        BallRadius = options.Loss.Epsilon,
        Pixels = options.Loss.Pixels,
        LabelsOnly = options.Loss.LabelsOnly,
        DistortionWeight = options.Loss.DistortionWeight,
        BisectionRounds = options.Loss.BisectionRounds,
        Confidence = options.Loss.Confidence,
        Prior = (optimizer as PriorOptimizer)?.Prior.Origin.Name,
        PriorQueries = (optimizer as PriorOptimizer)?.Prior.Origin.Queries,
        PriorSha256 = (optimizer as PriorOptimizer)?.Prior.Origin.Sha256,
        Target = options.Loss.Target,
        TargetChoice = options.Loss.TargetChoice?.Word(),
        Transform = options.Loss.Transform == BoxTransform.Clip ? "clip" : "tanh",

        // The decimal number that the float stands for: 1e-4f is 0.0001, not 9.99999974737875E-05.
        Smoothing = optimizer.AsksPoints ? 0 : double.Parse(smoothing.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        SmoothingFrom = smoothingFrom,
        Trials = options.Trials,
        Levels = options.Levels,
    };

    /// <summary>Adds the settings of the attack to these settings of an optimizer.</summary>
    internal RunSettings In(RunSettings attack) => this with
    {
        Iterations = attack.Iterations,
        Budget = attack.Budget,
        FlaggedCost = attack.FlaggedCost,
        Stop = attack.Stop,
        Patience = attack.Patience,
        Levels = attack.Levels,
        Norm = attack.Norm,
        BallRadius = attack.BallRadius,
        Pixels = attack.Pixels,
        LabelsOnly = attack.LabelsOnly,
        DistortionWeight = attack.DistortionWeight,
        DistortionWeightFrom = attack.DistortionWeightFrom,
        BisectionRounds = attack.BisectionRounds,
        Confidence = attack.Confidence,
        Prior = attack.Prior,
        PriorQueries = attack.PriorQueries,
        PriorSha256 = attack.PriorSha256,
        Target = attack.Target,
        TargetChoice = attack.TargetChoice,
        Transform = attack.Transform,
        Smoothing = attack.Smoothing,
        SmoothingFrom = attack.SmoothingFrom,
        Trials = attack.Trials,
    };

    /// <summary>The settings by name, as in a result file, including null values.</summary>
    public IEnumerable<(string Name, string Text)> ToText() => JsonSerializer.SerializeToNode(this, ResultJson.Readable.RunSettings)!.AsObject()
        .Select(setting => (setting.Key, setting.Value is JsonValue value && value.TryGetValue(out string? text) ? text : setting.Value?.ToJsonString() ?? ""));
}
