using Microsoft.ML.Data;

/// <summary>A row of the pipeline's input: what <c>ExtractPixels</c> would give, and the digit that it shows.</summary>
internal sealed class Digit
{
    [VectorType(28 * 28)]
    public float[] Features { get; set; } = [];

    public int Label { get; set; }
}
