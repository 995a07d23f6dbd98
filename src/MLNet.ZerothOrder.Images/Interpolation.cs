namespace MLNet.ZerothOrder.Data;

/// <summary>How pictures change their size. All but <see cref="Nearest"/> are antialiased: where a picture becomes smaller, each pixel is a mean over the whole area that it covers.</summary>
public enum Interpolation
{
    /// <summary>Weights fall linearly with the distance, as torchvision's and Keras's.</summary>
    Bilinear,

    /// <summary>Weights are a cubic function of the distance (a = −½), as timm's.</summary>
    Bicubic,

    /// <summary>Weights are sinc(x) · sinc(x/3) of the distance x, up to 3.</summary>
    Lanczos,

    /// <summary>The pixel whose area holds the centre, with nothing of its neighbours, as Hugging Face's EfficientNet.</summary>
    Nearest,
}
