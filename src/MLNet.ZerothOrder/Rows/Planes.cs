namespace MLNet.ZerothOrder;

/// <summary>The two orders of an image's values: channel by channel (planes), or pixel by pixel.</summary>
internal static class Planes
{
    /// <summary>Copies an image from one order to the other.</summary>
    /// <param name="from">The image.</param>
    /// <param name="to">The copy.</param>
    /// <param name="channels">The number of channels; with 1 both orders are the same.</param>
    /// <param name="intoPlanes">Whether <paramref name="from"/> is pixel by pixel, and the copy channel by channel; else the reverse.</param>
    public static void Arrange(ReadOnlySpan<float> from, Span<float> to, int channels, bool intoPlanes)
    {
        if (channels == 1)
        {
            from.CopyTo(to);
            return;
        }

        int plane = from.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            for (int p = 0; p < plane; p++)
            {
                (int planes, int pixels) = ((c * plane) + p, (p * channels) + c);
                to[intoPlanes ? planes : pixels] = from[intoPlanes ? pixels : planes];
            }
        }
    }
}
