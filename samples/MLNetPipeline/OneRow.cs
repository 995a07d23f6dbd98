using Microsoft.ML.Data;

/// <summary>The input of <c>ApplyOnnxModel</c> for one row.</summary>
internal sealed class OneRow
{
    [ColumnName("image")]
    [VectorType(1, 1, 28, 28)]
    public float[] Image { get; set; } = [];
}
