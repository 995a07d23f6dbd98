using Microsoft.ML.Data;

/// <summary>The classifier's scores for one row.</summary>
internal sealed class OneScore
{
    [ColumnName("logits")]
    public float[] Logits { get; set; } = [];
}
