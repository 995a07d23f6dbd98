namespace MLNet.ZerothOrder;

/// <summary>Where a learned optimizer's query directions come from.</summary>
public enum LearnedSampling
{
    /// <summary>N(0, diag(σ²)) with QueryRNN's σ, mixed with N(0, I); plain N(0, I) where the optimizer was learned without QueryRNN.</summary>
    Learned,

    /// <summary>N(0, I) always: the paper's ablation ZO-LSTM-no-query.</summary>
    Gaussian,

    /// <summary>Guided evolutionary strategy (Eq. 7) in QueryRNN's place: the paper's ablation ZO-LSTM-GuidedES.</summary>
    Guided,
}
