namespace MLNet.ZerothOrder.Data;

/// <summary>The choices that make one generated image: draw n depends on the image's key and n only.</summary>
internal struct DigitDice(RandomKey key)
{
    private ulong _drawn;

    /// <summary>A number in [0, 1).</summary>
    public double Uniform() => (key.Derive(_drawn++).Value >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Between(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>
    /// Mean 0, variance 1, within ±3: three uniforms' sum stands in for a Gaussian, whose logarithm rounds differently
    /// from platform to platform.
    /// </summary>
    public double Bell() => 2 * (Uniform() + Uniform() + Uniform() - 1.5);
}
