using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The output of a saved attack. ML.NET saves the columns of a custom mapping by their declared types only. A vector of any size is therefore
/// assembled from parts whose sizes are powers of two: 784 is 512 + 256 + 16. Parts that a size does not need are empty.
/// </summary>
internal sealed class SavedOutput
{
    /// <summary>The bits of the largest size, 2²¹ − 1.</summary>
    public const int Parts = 21;

    [ColumnName(SavedAttack.Part + "0")]
    [VectorType(1)]
    public VBuffer<float> Part0 { get; set; }

    [ColumnName(SavedAttack.Part + "1")]
    [VectorType(2)]
    public VBuffer<float> Part1 { get; set; }

    [ColumnName(SavedAttack.Part + "2")]
    [VectorType(4)]
    public VBuffer<float> Part2 { get; set; }

    [ColumnName(SavedAttack.Part + "3")]
    [VectorType(8)]
    public VBuffer<float> Part3 { get; set; }

    [ColumnName(SavedAttack.Part + "4")]
    [VectorType(16)]
    public VBuffer<float> Part4 { get; set; }

    [ColumnName(SavedAttack.Part + "5")]
    [VectorType(32)]
    public VBuffer<float> Part5 { get; set; }

    [ColumnName(SavedAttack.Part + "6")]
    [VectorType(64)]
    public VBuffer<float> Part6 { get; set; }

    [ColumnName(SavedAttack.Part + "7")]
    [VectorType(128)]
    public VBuffer<float> Part7 { get; set; }

    [ColumnName(SavedAttack.Part + "8")]
    [VectorType(256)]
    public VBuffer<float> Part8 { get; set; }

    [ColumnName(SavedAttack.Part + "9")]
    [VectorType(512)]
    public VBuffer<float> Part9 { get; set; }

    [ColumnName(SavedAttack.Part + "10")]
    [VectorType(1024)]
    public VBuffer<float> Part10 { get; set; }

    [ColumnName(SavedAttack.Part + "11")]
    [VectorType(2048)]
    public VBuffer<float> Part11 { get; set; }

    [ColumnName(SavedAttack.Part + "12")]
    [VectorType(4096)]
    public VBuffer<float> Part12 { get; set; }

    [ColumnName(SavedAttack.Part + "13")]
    [VectorType(8192)]
    public VBuffer<float> Part13 { get; set; }

    [ColumnName(SavedAttack.Part + "14")]
    [VectorType(16384)]
    public VBuffer<float> Part14 { get; set; }

    [ColumnName(SavedAttack.Part + "15")]
    [VectorType(32768)]
    public VBuffer<float> Part15 { get; set; }

    [ColumnName(SavedAttack.Part + "16")]
    [VectorType(65536)]
    public VBuffer<float> Part16 { get; set; }

    [ColumnName(SavedAttack.Part + "17")]
    [VectorType(131072)]
    public VBuffer<float> Part17 { get; set; }

    [ColumnName(SavedAttack.Part + "18")]
    [VectorType(262144)]
    public VBuffer<float> Part18 { get; set; }

    [ColumnName(SavedAttack.Part + "19")]
    [VectorType(524288)]
    public VBuffer<float> Part19 { get; set; }

    [ColumnName(SavedAttack.Part + "20")]
    [VectorType(1048576)]
    public VBuffer<float> Part20 { get; set; }

    [ColumnName(SavedAttack.AdversarialLabel)]
    public string AdversarialLabel { get; set; } = "";

    [ColumnName(AttackColumns.Success)]
    public bool Success { get; set; }

    [ColumnName(AttackColumns.Queries)]
    public long Queries { get; set; }

    [ColumnName(AttackColumns.QueriesToSuccess)]
    public long QueriesToSuccess { get; set; }

    [ColumnName(AttackColumns.Distortion)]
    public float Distortion { get; set; }

    /// <summary>Splits a row into its parts, the largest part first.</summary>
    public void SetRow(ReadOnlySpan<float> row)
    {
        for (int k = Parts - 1; k >= 0; k--)
        {
            int size = 1 << k;
            if ((row.Length & size) != 0)
            {
                int from = row.Length >> (k + 1) << (k + 1);
                SetPart(k, new VBuffer<float>(size, row.Slice(from, size).ToArray()));
            }
        }
    }

    private void SetPart(int k, VBuffer<float> part)
    {
        switch (k)
        {
            case 0:
                Part0 = part;
                break;
            case 1:
                Part1 = part;
                break;
            case 2:
                Part2 = part;
                break;
            case 3:
                Part3 = part;
                break;
            case 4:
                Part4 = part;
                break;
            case 5:
                Part5 = part;
                break;
            case 6:
                Part6 = part;
                break;
            case 7:
                Part7 = part;
                break;
            case 8:
                Part8 = part;
                break;
            case 9:
                Part9 = part;
                break;
            case 10:
                Part10 = part;
                break;
            case 11:
                Part11 = part;
                break;
            case 12:
                Part12 = part;
                break;
            case 13:
                Part13 = part;
                break;
            case 14:
                Part14 = part;
                break;
            case 15:
                Part15 = part;
                break;
            case 16:
                Part16 = part;
                break;
            case 17:
                Part17 = part;
                break;
            case 18:
                Part18 = part;
                break;
            case 19:
                Part19 = part;
                break;
            case 20:
                Part20 = part;
                break;
        }
    }
}
