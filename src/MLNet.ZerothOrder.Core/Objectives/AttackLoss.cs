namespace MLNet.ZerothOrder;

/// <summary>The settings of the attack loss (Eq. 6), shared by all images of a run.</summary>
public sealed record AttackLoss
{
    /// <summary>p of ‖x − x0‖_p.</summary>
    public DistortionNorm Norm { get; init; } = DistortionNorm.L1;

    /// <summary>c, the weight of the distortion; the paper's 0.1 for MNIST (0.25 for CIFAR-10).</summary>
    public double DistortionWeight
    {
        get;
        init => field = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(DistortionWeight), value, "The distortion weight is a finite number of at least 0.");
    } = 0.1;

    /// <summary>κ: how far past the decision boundary the loss still rewards going.</summary>
    public double Confidence
    {
        get;
        init => field = double.IsFinite(value) && value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(Confidence), value, "The confidence κ is a finite number of at least 0.");
    }

    /// <summary>The class to reach; null for an untargeted attack.</summary>
    public int? Target { get; init; }

    /// <summary>How θ becomes an image in [0, 1].</summary>
    public BoxTransform Transform { get; init; } = BoxTransform.Clip;

    /// <summary>What the classifier's scores are.</summary>
    public ScoreKind Scores { get; init; } = ScoreKind.Logits;
}
