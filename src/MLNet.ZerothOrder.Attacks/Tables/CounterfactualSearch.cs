namespace MLNet.ZerothOrder;

/// <summary>
/// Finds several feasible rows with another outcome for each row, cheapest first. They are diverse: a search for the next one may not change a feature that mattered most in an earlier one, so that no
/// two change the same features.
/// </summary>
/// <param name="attack">Makes the search under some constraints.</param>
/// <param name="constraints">The feasible rows.</param>
/// <param name="count">The most rows per original row.</param>
public sealed class CounterfactualSearch(TableAttack attack, FeatureConstraints constraints, int count = 3)
{
    // Each search costs the budget of a row.
    private const int SearchesPerResult = 3;

    private readonly int _count = count >= 1 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "At least 1 counterfactual is wanted.");

    /// <summary>Searches. The arguments are those of <see cref="TableAttack.Run"/>.</summary>
    /// <returns>For each row, its counterfactuals, the cheapest first; none for a row without a goal, or whose goal no feasible row was found to reach.</returns>
    public IReadOnlyList<IReadOnlyList<Counterfactual>> Run(
        IReadOnlyList<ReadOnlyMemory<float>> rows, Func<int, float[], RowGoal?> goal, CancellationToken cancellation = default, long first = 0)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(goal);
        var found = new List<Counterfactual>[rows.Count];

        // Sets of features that stay as they are, still to be tried.
        var open = new Queue<HashSet<int>>[rows.Count];
        var seen = new HashSet<string>[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            (found[i], open[i], seen[i]) = ([], new Queue<HashSet<int>>([[]]), []);
        }

        var searches = new int[rows.Count];
        for (int[] active = [.. Enumerable.Range(0, rows.Count)]; active.Length > 0; active = [.. active.Where(i => found[i].Count < _count && open[i].Count > 0 && searches[i] < SearchesPerResult * _count)])
        {
            foreach (int i in active)
            {
                searches[i]++;
            }

            HashSet<int>[] kept = [.. active.Select(i => open[i].Dequeue())];
            IReadOnlyList<TableRow> results = attack.Run(
                [.. active.Select(i => rows[i])], (at, scores) => goal(active[at], scores), null, cancellation, at => kept[at].Count == 0 ? constraints : Keeping(kept[at]), first);
            for (int at = 0; at < active.Length; at++)
            {
                if (results[at] is not { Found: { } values } result)
                {
                    continue;
                }

                int i = active[at];
                int[] changed = [.. Enumerable.Range(0, constraints.Count).Where(k => values.Span[k] != rows[i].Span[k] && !float.IsNaN(values.Span[k]))];
                string features = string.Join(",", changed);
                if (seen[i].Add(features))
                {
                    found[i].Add(new Counterfactual(i, values, result.FoundScores!, result.Distance!.Value, constraints.Describe(rows[i].Span, values.Span)));
                }

                foreach (int k in changed.OrderByDescending(k => CostOf(k, rows[i].Span, values.Span)))
                {
                    HashSet<int> next = [.. kept[at], k];
                    if (seen[i].Add($"kept {string.Join(",", next.Order())}"))
                    {
                        open[i].Enqueue(next);
                    }
                }
            }
        }

        return [.. found.Select(list => list.OrderBy(item => item.Distance.L1).ToArray())];

        FeatureConstraints Keeping(HashSet<int> features)
        {
            FeatureConstraints copy = constraints.Copy();
            foreach (int k in features)
            {
                copy.Slot(k).Immutable();
            }

            return copy;
        }

        double CostOf(int feature, ReadOnlySpan<float> row, ReadOnlySpan<float> values)
        {
            float[] alone = row.ToArray();
            alone[feature] = values[feature];
            return constraints.Distance(row, alone).L1;
        }
    }
}
