namespace MLNet.ZerothOrder;

/// <summary>What a classifier's scores are.</summary>
public enum ScoreKind
{
    /// <summary>Unnormalised: any real numbers. Margins of logits and of log-probabilities are equal.</summary>
    Logits,

    /// <summary>Logarithms of probabilities: none above 0, their exponentials sum to 1.</summary>
    LogProbabilities,

    /// <summary>Probabilities: none below 0, they sum to 1. A margin computed from them in float32 loses everything beyond about 1e-7.</summary>
    Probabilities,
}
