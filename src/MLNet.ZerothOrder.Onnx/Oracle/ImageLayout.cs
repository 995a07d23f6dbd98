namespace MLNet.ZerothOrder;

/// <summary>The order of a model's input values within one image.</summary>
public enum ImageLayout
{
    /// <summary>Channel after channel, as C × H × W.</summary>
    Nchw,

    /// <summary>Pixel after pixel, the channels of a pixel side by side, as H × W × C.</summary>
    Nhwc,

    /// <summary>One row of C · H · W values, channel after channel.</summary>
    Flat,
}
