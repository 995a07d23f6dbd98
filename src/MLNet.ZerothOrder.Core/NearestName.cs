namespace MLNet.ZerothOrder;

/// <summary>Guesses which known name a mistyped one was meant to be.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest changed letters, or that holds the mistyped one; null where none is like it.</summary>
    public static string? Of(string name, IEnumerable<string> known) => known
        .Select(candidate => (candidate, Distance: EditDistance(name.ToLowerInvariant(), candidate)))
        .Where(pair => pair.Distance <= Math.Max(1, pair.candidate.Length / 3) || (name.Length > 2 && pair.candidate.Contains(name, StringComparison.OrdinalIgnoreCase)))
        .OrderBy(pair => pair.Distance).FirstOrDefault().candidate;

    private static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[b.Length];
    }
}
