using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The settings of the attack loss (Eq. 6). All images of a run share them.</summary>
public sealed record AttackLoss
{
    private readonly double? _weight;

    /// <summary>p of ‖x − x0‖_p.</summary>
    public DistortionNorm Norm { get; init; } = DistortionNorm.L1;

    /// <summary>c, the weight of the distortion (default: 0.1, the paper's for MNIST; the paper uses 0.25 for CIFAR-10).</summary>
    public double DistortionWeight
    {
        get => _weight ?? 0.1;
        init => _weight = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(DistortionWeight), value, "The distortion weight must be a finite number of at least 0.");
    }

    /// <summary>Whether <see cref="DistortionWeight"/> was not given. An attack may then use another one, if no change of an image could pay for its distortion.</summary>
    [JsonIgnore]
    public bool HasDefaultWeight => _weight is null;

    /// <summary>κ: the margin past the decision boundary at which the loss stops rewarding further progress (default: 0).</summary>
    public double Confidence
    {
        get;
        init => field = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(Confidence), value, "The confidence κ must be a finite number of at least 0.");
    }

    /// <summary>The target class; null for an untargeted attack.</summary>
    public int? Target { get; init; }

    /// <summary>How θ is mapped to an image in [0, 1].</summary>
    public BoxTransform Transform { get; init; } = BoxTransform.Clip;

    /// <summary>The kind of scores that the classifier gives.</summary>
    public ScoreKind Scores { get; init; } = ScoreKind.Logits;
}
