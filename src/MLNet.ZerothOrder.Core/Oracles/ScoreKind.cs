namespace MLNet.ZerothOrder;

/// <summary>The kind of scores that a classifier gives.</summary>
public enum ScoreKind
{
    /// <summary>Unnormalized real numbers. Logits and log-probabilities give the same margins.</summary>
    Logits,

    /// <summary>Logarithms of probabilities: at most 0; their exponentials sum to 1.</summary>
    LogProbabilities,

    /// <summary>Probabilities: at least 0, summing to 1. In float32, margins computed from them are only accurate to about 1e-7.</summary>
    Probabilities,

    /// <summary>One probability per class on its own, as one sigmoid per class gives: all in 0..1, with any sum. A margin is taken of their log-odds, log(p / (1 − p)).</summary>
    IndependentProbabilities,
}
