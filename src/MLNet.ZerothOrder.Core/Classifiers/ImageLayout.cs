namespace MLNet.ZerothOrder;

/// <summary>The order of the input values of one image.</summary>
public enum ImageLayout
{
    /// <summary>Channel by channel, C × H × W.</summary>
    Nchw,

    /// <summary>Pixel by pixel with the channels of a pixel side by side, H × W × C.</summary>
    Nhwc,

    /// <summary>One row of C · H · W values, channel by channel.</summary>
    Flat,
}
