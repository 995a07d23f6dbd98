namespace MLNet.ZerothOrder.Data;

/// <summary>The labels of a file, in its order.</summary>
/// <param name="Values">Class indices, none of them negative.</param>
/// <param name="Files">The image of each label; null if the file does not name images.</param>
/// <param name="FirstLine">The line of the first label in a text file, counted from 1; 0 in a binary file.</param>
internal sealed record LabelList(int[] Values, string[]? Files, int FirstLine)
{
    /// <summary>The position of a label, for a message.</summary>
    public string Place(int index) => FirstLine > 0 ? $"line {FirstLine + index}" : $"label {index}";
}
