namespace MLNet.ZerothOrder.Data;

/// <summary>The five row filters of PNG. Each byte is replaced by its difference from a prediction by its left, upper and upper left neighbours (0 outside).</summary>
internal static class PngFilter
{
    public const int Count = 5;

    /// <summary>Filters <paramref name="row"/> into <paramref name="filtered"/>. <paramref name="step"/> is the number of bytes per pixel.</summary>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int step, Span<byte> filtered)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= step ? row[i - step] : 0;
            int corner = i >= step ? above[i - step] : 0;
            filtered[i] = (byte)(row[i] - Guess(filter, left, above[i], corner));
        }
    }

    /// <summary>Removes the filter from a row in place. <paramref name="above"/> is the row above, already without filter.</summary>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        if (filter == 0)
        {
            return;
        }

        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= step ? row[i - step] : 0;
            int corner = i >= step ? above[i - step] : 0;
            row[i] = (byte)(row[i] + Guess(filter, left, above[i], corner));
        }
    }

    private static int Guess(int filter, int left, int up, int corner) => filter switch
    {
        0 => 0,
        1 => left,
        2 => up,
        3 => (left + up) / 2,
        _ => Paeth(left, up, corner),
    };

    private static int Paeth(int left, int up, int corner)
    {
        int toLeft = Math.Abs(up - corner);
        int toUp = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + up - (2 * corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
