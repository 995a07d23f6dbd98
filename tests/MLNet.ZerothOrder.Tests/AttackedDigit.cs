using Microsoft.ML.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A row with all that the attack adds.</summary>
internal sealed class AttackedDigit
{
    public int Id { get; set; }

    [VectorType(Digits.Pixels)]
    public float[] Features { get; set; } = [];

    public int Label { get; set; }

    [VectorType(Digits.Pixels)]
    public float[] Adversarial { get; set; } = [];

    public int AdversarialLabel { get; set; }

    public bool Success { get; set; }

    public long Queries { get; set; }

    public long QueriesToSuccess { get; set; }

    public float Distortion { get; set; }

    /// <summary>All of it, bit for bit.</summary>
    public string Bits => string.Join(
        '|', Id, Label, AdversarialLabel, Success, Queries, QueriesToSuccess, BitConverter.SingleToUInt32Bits(Distortion), Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Adversarial.AsSpan())));
}
