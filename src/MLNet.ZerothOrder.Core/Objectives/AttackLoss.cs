using System.Globalization;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>
/// What an attack may change and what it minimizes. All images of a run share it. By default it is the loss of Eq. 6, which trades the margin for the size of the change
/// (minimal distortion). With <see cref="Epsilon"/> every asked image is in a ball around the original, and with <see cref="Pixels"/> few of its pixels are changed;
/// the loss is then the margin alone. With <see cref="LabelsOnly"/> only the predicted class is used, and the loss is the distance of an adversarial image.
/// </summary>
public sealed record AttackLoss
{
    private const int MostBisectionRounds = 50;

    private readonly double? _weight;

    /// <summary>p of ‖x − x0‖_p. The norm of the ball, if there is one.</summary>
    public DistortionNorm Norm { get; init; } = DistortionNorm.L1;

    /// <summary>ε: every asked image x has ‖x − x0‖_p ≤ ε. Null for no ball. At most the width of the box, 1 in ℓ∞, √d in ℓ2 and d in ℓ1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Epsilon
    {
        get;
        init => field = value is null || (value > 0 && AllowedChange.Below(value.Value) is > 0 and < float.PositiveInfinity)
            ? value : throw new ArgumentOutOfRangeException(nameof(Epsilon), value, "The radius ε of the ball must be a positive number.");
    }

    /// <summary>k: at most k pixels differ from the original, each in any of its channels. Null for no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Pixels
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(Pixels), value, "At least 1 pixel must be allowed to change.");
    }

    /// <summary>
    /// Whether the classifier tells only its predicted class (default: false). Points outside the ball may then be asked, but a success is inside. The loss of an
    /// adversarial point is its distance ‖x − x0‖_p, that of another point the largest distance in the box.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LabelsOnly { get; init; }

    /// <summary>Whether every asked image is an allowed one, so that the loss is the margin alone.</summary>
    [JsonIgnore]
    public bool IsBounded => !LabelsOnly && (Epsilon is not null || Pixels is not null);

    /// <summary>Whether the loss is that of Eq. 6.</summary>
    [JsonIgnore]
    public bool IsMinimalDistortion => !LabelsOnly && !IsBounded;

    /// <summary>The allowed changes and answers in words, such as <c>an ℓ∞ ball of ε = 0.1</c>.</summary>
    [JsonIgnore]
    public string Threat => (Pixels is { } pixels ? $"at most {pixels} changed pixel{(pixels == 1 ? "" : "s")}"
        : Epsilon is { } epsilon ? string.Create(CultureInfo.InvariantCulture, $"an {Norm.Symbol()} ball of ε = {epsilon:G6}") : LabelsOnly ? $"minimal {Norm.Symbol()} distortion" : "minimal distortion") + (!LabelsOnly ? "" : !IsTargeted ? ", labels only" : ", labels only and targeted");

    /// <summary>c, the weight of the distortion (default: 0.1, the paper's for MNIST; the paper uses 0.25 for CIFAR-10). 0 if the loss is not that of Eq. 6.</summary>
    public double DistortionWeight
    {
        get => IsMinimalDistortion ? _weight ?? 0.1 : 0;
        init => _weight = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(DistortionWeight), value, "The distortion weight must be a finite number of at least 0.");
    }

    /// <summary>
    /// N: c is found for each image by a bisection of N rounds, from 2 to 50. Null for a fixed c (default). The rounds share the image's steps and its budget equally. The first one has
    /// <see cref="DistortionWeight"/>; c is raised after a round that found a smaller change and lowered after one that did not, tenfold until there is one of each, and then to the geometric mean of both.
    /// Each later round starts at the smallest successful change so far, or without one at the last iterate if its loss with the new c is lower than that of the image itself, and else there, with an optimizer that remembers its estimate of the margin's gradient, if it has one, and nothing else. The result is the success with the smallest
    /// ‖x − x0‖_p of all rounds. Losses are told with the c of the first round. It is for minimal distortion only, needs a c above 0, and does not end at the first success.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BisectionRounds
    {
        get;
        init => field = value is null or (>= 2 and <= MostBisectionRounds)
            ? value : throw new ArgumentOutOfRangeException(nameof(BisectionRounds), value, $"A bisection of c has 2 to {MostBisectionRounds} rounds.");
    }

    /// <summary>Whether <see cref="DistortionWeight"/> was not given. An attack then uses another one in ℓ∞, and where the model's scores or images have another scale than MNIST's.</summary>
    [JsonIgnore]
    public bool HasDefaultWeight => _weight is null && IsMinimalDistortion;

    /// <summary>κ: the margin past the decision boundary at which the loss stops rewarding further progress (default: 0).</summary>
    public double Confidence
    {
        get;
        init => field = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(Confidence), value, "The confidence κ must be a finite number of at least 0.");
    }

    /// <summary>The target class of all images; null for an untargeted attack, or with <see cref="TargetChoice"/>.</summary>
    public int? Target { get; init; }

    /// <summary>How an attack chooses the target class of each image; null for <see cref="Target"/>. An objective has a class, and so needs null here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TargetChoice? TargetChoice { get; init; }

    /// <summary>Whether an adversarial image has to be of a target class.</summary>
    [JsonIgnore]
    public bool IsTargeted => Target is not null || TargetChoice is not null;

    /// <summary>How θ is mapped to an image in [0, 1].</summary>
    public BoxTransform Transform { get; init; } = BoxTransform.Clip;

    /// <summary>The kind of scores that the classifier gives.</summary>
    public ScoreKind Scores { get; init; } = ScoreKind.Logits;
}
