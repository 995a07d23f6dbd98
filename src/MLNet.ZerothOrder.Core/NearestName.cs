namespace MLNet.ZerothOrder;

/// <summary>Suggests a known name for a mistyped one.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest edits, or one that contains the mistyped name; null if none is similar.</summary>
    public static string? Of(string name, IEnumerable<string> known) => known
        .Select(candidate => (candidate, Distance: EditDistance(name.ToLowerInvariant(), candidate)))
        .Where(pair => pair.Distance <= Math.Max(1, pair.candidate.Length / 3) || (name.Length > 2 && pair.candidate.Contains(name, StringComparison.OrdinalIgnoreCase)))
        .OrderBy(pair => pair.Distance).FirstOrDefault().candidate;

    // Counts insertions, deletions, substitutions and swaps of neighbours, the usual typing errors.
    private static int EditDistance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0
                    ? i + j : Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
