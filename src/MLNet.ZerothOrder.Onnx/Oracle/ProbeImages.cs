using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Images to test a classifier with: a gradient from black to white, one of low contrast, and one with a bright and a dark half. None is symmetric. Each pixel has
/// its own noise down to the last bit, so that sums in another order give different results.
/// </summary>
internal static class ProbeImages
{
    public const int Count = 3;

    public static float[] Make(ImageShape shape, int which)
    {
        var pixels = new float[shape.Length];
        CounterRandom.Uniforms(RandomKey.FromSeed(17).Derive((ulong)which), pixels);
        int plane = shape.Height * shape.Width;
        for (int i = 0; i < pixels.Length; i++)
        {
            float down = i % plane / shape.Width / (float)shape.Height, across = i % shape.Width / (float)shape.Width;
            pixels[i] = which switch
            {
                0 => (0.3f * down) + (0.5f * across) + (0.2f * pixels[i]),
                1 => 0.35f + (0.1f * down) + (0.05f * across * across) + (0.1f * pixels[i]),
                _ => down + (0.3f * across) > 0.6f ? 0.8f + (0.2f * pixels[i]) : 0.1f * pixels[i],
            };
        }

        return pixels;
    }
}
