namespace MLNet.ZerothOrder;

/// <summary>A vector of signs that is searched part by part: the whole at level 0, its halves at level 1, and so on down to single values, then the whole again.</summary>
internal static class SignVector
{
    /// <summary>Flips the signs of a part.</summary>
    public static void Flip(Span<float> signs, int level, int part)
    {
        int length = Length(signs.Length, level), from = part * length;
        foreach (ref float sign in signs[from..Math.Min(signs.Length, from + length)])
        {
            sign = -sign;
        }
    }

    /// <summary>Goes to the next part, or to the first one of the next level.</summary>
    public static void Advance(int dimension, ref float level, ref float part)
    {
        int length = Length(dimension, (int)level);
        part++;
        if (part * length >= dimension)
        {
            part = 0;
            level = length == 1 ? 0 : level + 1;
        }
    }

    private static int Length(int dimension, int level) => (int)((dimension + (1L << level) - 1) >> level);
}
