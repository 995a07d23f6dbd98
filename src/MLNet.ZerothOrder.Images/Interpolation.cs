namespace MLNet.ZerothOrder.Data;

/// <summary>How pictures change their size. Both are antialiased: where a picture becomes smaller, each pixel is a mean over the whole area that it covers.</summary>
public enum Interpolation
{
    /// <summary>Weights fall linearly with the distance, as torchvision's and Keras's.</summary>
    Bilinear,

    /// <summary>Weights are a cubic function of the distance (a = −½), as timm's.</summary>
    Bicubic,
}
