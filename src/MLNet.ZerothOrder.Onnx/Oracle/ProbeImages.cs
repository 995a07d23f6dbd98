using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Images to try a classifier with: one from black to white, one of low contrast, one of two bright and dark halves, none like its mirror image. Each pixel has
/// noise of its own down to the last bit, so that sums in another order come out different.
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
