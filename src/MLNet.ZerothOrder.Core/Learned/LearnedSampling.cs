namespace MLNet.ZerothOrder;

/// <summary>The distribution of a learned optimizer's directions.</summary>
public enum LearnedSampling
{
    /// <summary>N(0, diag(σ²)) with QueryRNN's σ, mixed with N(0, I); N(0, I) alone if the optimizer has no QueryRNN.</summary>
    Learned,

    /// <summary>Always N(0, I): the paper's ablation ZO-LSTM-no-query.</summary>
    Gaussian,

    /// <summary>Guided evolutionary strategies (Eq. 7) instead of QueryRNN: the paper's ablation ZO-LSTM-GuidedES.</summary>
    Guided,
}
