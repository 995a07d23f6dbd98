namespace MLNet.ZerothOrder;

/// <summary>The order of a model's color channels. Rows have red first.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red; a fourth channel stays the last.</summary>
    Bgr,
}
