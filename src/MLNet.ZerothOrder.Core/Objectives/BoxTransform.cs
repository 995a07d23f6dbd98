namespace MLNet.ZerothOrder;

/// <summary>How the optimizer's unbounded θ is mapped to an image in [0, 1].</summary>
public enum BoxTransform
{
    /// <summary>x = clip(x0 + θ, 0, 1), as in the paper's published code.</summary>
    Clip,

    /// <summary>x = (tanh θ + 1)/2, as in the paper's text.</summary>
    Tanh,
}
