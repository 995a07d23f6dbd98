namespace MLNet.ZerothOrder.Data;

/// <summary>The labels of a file, in its order.</summary>
/// <param name="Values">Class indices, none of them negative.</param>
/// <param name="Files">The image of each label; null if the file does not name images.</param>
/// <param name="Lines">The line of each label in a text file, counted from 1; empty for a binary file.</param>
/// <param name="Assumptions">How names became classes; empty for class indices.</param>
internal sealed record LabelList(int[] Values, string[]? Files, IReadOnlyList<int> Lines, IReadOnlyList<string> Assumptions)
{
    /// <summary>Labels of a binary file.</summary>
    public LabelList(int[] values)
        : this(values, null, [], [])
    {
    }

    /// <summary>The position of a label, or of the one that would follow the last, for a message.</summary>
    public string Place(int index) => Lines.Count == 0 ? $"label {index}" : $"line {(index < Lines.Count ? Lines[index] : Lines[^1] + 1)}";
}
