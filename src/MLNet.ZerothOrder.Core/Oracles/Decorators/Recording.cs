using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The format of a recording, little endian: the magic bytes, then as 32-bit integers the input length, the score length and whether the
/// oracle is stochastic (1 or 0), then one record per answered row: its key (64 and 32 bits), input, scores, and the CRC-32 of these.
/// </summary>
internal static class Recording
{
    public const int HeaderBytes = 8 + (3 * sizeof(int));
    public const int KeyBytes = sizeof(ulong) + sizeof(int);

    // A damaged or hostile file must not cause a huge allocation per row.
    public const int LongestRow = 1 << 24;

    public static ReadOnlySpan<byte> Magic => "ZOREC\x01\r\n"u8;

    public static int RecordBytes(int inputLength, int scoreLength) => KeyBytes + (sizeof(float) * (inputLength + scoreLength)) + sizeof(uint);

    public static byte[] Header(int inputLength, int scoreLength, bool isStochastic)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), inputLength);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), scoreLength);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), isStochastic ? 1 : 0);
        return header;
    }

    public static void WriteRecord(Span<byte> record, RowKey key, ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(record, key.Problem);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], key.Step);
        MemoryMarshal.AsBytes(input).CopyTo(record[KeyBytes..]);
        MemoryMarshal.AsBytes(scores).CopyTo(record[(KeyBytes + (sizeof(float) * input.Length))..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[^4..], Crc32.HashToUInt32(record[..^4]));
    }
}
