namespace MLNet.ZerothOrder;

/// <summary>
/// The moves of one row's features, in the coordinates of a <see cref="RowObjective"/>. A part is a feature or a one-hot group. It has levels: the original value first, then other feasible values,
/// those of a number at distances that grow to the end of its range.
/// </summary>
internal sealed class RowMoves
{
    /// <summary>The most levels of a part.</summary>
    public const int MostLevels = 27;

    private const int Distances = (MostLevels - 1) / 2;

    // The end of a range without one, in units of the spread.
    private const double Reach = 64;

    private readonly List<Part> _parts = [];

    public RowMoves(FeatureSpace space, float[] row)
    {
        for (int i = 0; i < space.Count; i++)
        {
            if (space.GroupOf(i) < 0 && space.IsFree(i, row[i]))
            {
                float[] values = [.. (space.Values(i) ?? Distant(space, i, row[i])).Where(value => value != row[i] && space.Snap(i, row[i], value) == value).Distinct().Take(MostLevels - 1)];
                bool isNumber = space.Values(i) is null;
                Add([i], -1, 0, [.. values.Select(_ => i)], [.. values.Select(value => (float)(((double)value - row[i]) * space.Cost(i)))], isNumber ? null : space.Cost(i));
            }
        }

        foreach (int[] group in space.Groups)
        {
            int active = Array.Find(group, i => row[i] == 1);
            if (group.All(i => !float.IsNaN(row[i])) && space.IsFree(active, row[active]))
            {
                int[] members = [.. group.Where(i => i != active && space.IsFree(i, row[i])).Take(MostLevels - 1)];
                Add([.. group.Where(i => i != active)], active, (float)-space.Cost(active), members, [.. members.Select(i => (float)space.Cost(i))], null);
            }
        }
    }

    /// <summary>The number of parts that can change.</summary>
    public int Count => _parts.Count;

    /// <summary>The number of levels of a part, the original value among them.</summary>
    public int Levels(int part) => _parts[part].Thetas.Length + 1;

    /// <summary>Whether a part is a number, so that values between two levels exist.</summary>
    public bool IsNumber(int part) => _parts[part] is { Active: < 0, Cost: null };

    /// <summary>The cost of a level.</summary>
    public double Size(int part, int level) => level == 0 ? 0 : _parts[part].Cost ?? Math.Abs(_parts[part].Thetas[level - 1]);

    /// <summary>The cost of a part's value in θ.</summary>
    public double Size(int part, ReadOnlySpan<float> theta)
    {
        double size = 0;
        foreach (int i in _parts[part].Slots)
        {
            size = Math.Max(size, theta[i] == 0 ? 0 : _parts[part].Cost ?? Math.Abs(theta[i]));
        }

        return size;
    }

    /// <summary>A number's change in θ, or any that tells whether another part changed.</summary>
    public float Value(int part, ReadOnlySpan<float> theta)
    {
        foreach (int i in _parts[part].Slots)
        {
            if (theta[i] != 0)
            {
                return theta[i];
            }
        }

        return 0;
    }

    /// <summary>Sets a number's change in θ.</summary>
    public void SetValue(int part, float value, Span<float> theta) => theta[_parts[part].Slots[0]] = value;

    /// <summary>Sets a part to a level.</summary>
    public void Set(int part, int level, Span<float> theta)
    {
        (int[] slots, int active, float leave, int[] targets, float[] thetas, _) = _parts[part];
        foreach (int i in slots)
        {
            theta[i] = 0;
        }

        if (active >= 0)
        {
            theta[active] = level == 0 ? 0 : leave;
        }

        if (level > 0)
        {
            theta[targets[level - 1]] = thetas[level - 1];
        }
    }

    // Distances grow by √2. The far ones come first.
    private static IEnumerable<float> Distant(FeatureSpace space, int i, float original)
    {
        double up = Math.Min((double)space.Highest(i, original) - original, Reach / space.Cost(i));
        double down = Math.Min((double)original - space.Lowest(i, original), Reach / space.Cost(i));
        for (int k = 0; k < Distances; k++)
        {
            yield return space.Snap(i, original, (float)(original + (up * Math.Pow(2, -k / 2.0))));
            yield return space.Snap(i, original, (float)(original - (down * Math.Pow(2, -k / 2.0))));
        }
    }

    private void Add(int[] slots, int active, float leave, int[] targets, float[] thetas, double? cost)
    {
        if (thetas.Length > 0)
        {
            _parts.Add(new Part(slots, active, leave, targets, thetas, cost));
        }
    }

    /// <param name="Slots">The features of the part, without the active member of a group.</param>
    /// <param name="Active">The active member of a group; −1 for a feature.</param>
    /// <param name="Leave">θ of the active member when another one is taken.</param>
    /// <param name="Targets">The feature that a level sets.</param>
    /// <param name="Thetas">θ of that feature.</param>
    /// <param name="Cost">The cost of every change of a category; null where θ tells it.</param>
    private sealed record Part(int[] Slots, int Active, float Leave, int[] Targets, float[] Thetas, double? Cost);
}
