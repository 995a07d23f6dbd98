namespace MLNet.ZerothOrder.Data;

/// <summary>The random choices of one generated image. Draw n depends only on the key of the image and on n.</summary>
internal struct DigitDice(RandomKey key)
{
    private ulong _drawn;

    /// <summary>A number in [0, 1).</summary>
    public double Uniform() => (key.Derive(_drawn++).Value >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Between(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>
    /// Mean 0, variance 1, within ±3. The sum of three uniform numbers replaces a Gaussian, because logarithms round differently
    /// on different platforms.
    /// </summary>
    public double Bell() => 2 * (Uniform() + Uniform() + Uniform() - 1.5);
}
