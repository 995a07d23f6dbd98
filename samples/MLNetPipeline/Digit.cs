using Microsoft.ML.Data;

/// <summary>A row of the pipeline's input: pixels as <c>ExtractPixels</c> gives them, and the digit.</summary>
internal sealed class Digit
{
    [VectorType(28 * 28)]
    public float[] Features { get; set; } = [];

    public int Label { get; set; }
}
