namespace MLNet.ZerothOrder.Data;

/// <summary>The labels that a file holds, in its order.</summary>
/// <param name="Values">Class indices, none of them negative.</param>
/// <param name="Files">The image that each belongs to, where the file says so.</param>
/// <param name="FirstLine">The line of the first label in a text file, counted from 1; 0 in a binary file.</param>
internal sealed record LabelList(int[] Values, string[]? Files, int FirstLine)
{
    /// <summary>Where a label stands, for a message.</summary>
    public string Place(int index) => FirstLine > 0 ? $"line {FirstLine + index}" : $"label {index}";
}
