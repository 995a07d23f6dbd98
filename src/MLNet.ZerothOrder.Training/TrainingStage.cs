namespace MLNet.ZerothOrder.Training;

/// <summary>The networks to train.</summary>
public enum TrainingStage
{
    /// <summary>UpdateRNN, with Σ = I.</summary>
    Update,

    /// <summary>QueryRNN, with a frozen UpdateRNN.</summary>
    Query,

    /// <summary>UpdateRNN, then QueryRNN, as in the paper.</summary>
    Both,

    /// <summary>UpdateRNN, on estimates guided by a frozen QueryRNN.</summary>
    Guided,

    /// <summary>The network of a proximal step.</summary>
    Proximal,

    /// <summary>The part of a proximal step that says where in an image to ask (<see cref="SpatialWeights"/>), beside its frozen network.</summary>
    Spatial,
}
