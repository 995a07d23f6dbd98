namespace MLNet.ZerothOrder.Data;

/// <summary>How pictures get the size that a model takes.</summary>
public enum FitMode
{
    /// <summary>The shorter side is resized, and the centre is taken.</summary>
    Crop,

    /// <summary>Both sides are resized, each by its own factor.</summary>
    Stretch,

    /// <summary>The longer side is resized, and black bars fill the rest.</summary>
    Pad,

    /// <summary>Pictures of another size are refused.</summary>
    None,
}
