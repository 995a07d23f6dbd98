namespace MLNet.ZerothOrder.Training;

/// <summary>What is learned.</summary>
public enum TrainingStage
{
    /// <summary>UpdateRNN, with Σ = I.</summary>
    Update,

    /// <summary>QueryRNN, behind a frozen UpdateRNN.</summary>
    Query,

    /// <summary>One after the other, the paper's way.</summary>
    Both,

    /// <summary>UpdateRNN on the estimates that a frozen QueryRNN guides.</summary>
    Guided,

    /// <summary>The network of a proximal step.</summary>
    Proximal,
}
