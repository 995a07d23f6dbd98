using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>Floats as the bytes of tensors, little endian.</summary>
internal static class Tensors
{
    /// <summary>The bytes of a number; 0 for text.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.FP64 or TensorType.INT64 or TensorType.UINT64 => 8,
        TensorType.FP32 or TensorType.INT32 or TensorType.UINT32 => 4,
        TensorType.FP16 or TensorType.BF16 or TensorType.INT16 or TensorType.UINT16 => 2,
        TensorType.BYTES => 0,
        _ => 1,
    };

    /// <summary>Whether images can be sent in this format.</summary>
    public static bool TakesImages(this TensorType type) => type is TensorType.FP32 or TensorType.FP64 or TensorType.FP16 or TensorType.BF16 or TensorType.UINT8;

    /// <summary>Whether numbers of this format are class indices rather than scores.</summary>
    public static bool IsInteger(this TensorType type) => type is not (TensorType.FP32 or TensorType.FP64 or TensorType.FP16 or TensorType.BF16 or TensorType.BYTES);

    /// <summary>Writes floats. Halves and bfloat16 are rounded to nearest, ties to even; bytes are rounded to nearest and clamped to 0..255.</summary>
    public static void Write(TensorType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        switch (type)
        {
            case TensorType.FP32 when BitConverter.IsLittleEndian:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case TensorType.FP32:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], values[i]);
                }

                break;
            case TensorType.FP64:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(bytes[(8 * i)..], values[i]);
                }

                break;
            case TensorType.FP16 when BitConverter.IsLittleEndian:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes)[..values.Length]);
                break;
            case TensorType.FP16:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], (Half)values[i]);
                }

                break;
            case TensorType.BF16:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], ToBFloat16(values[i]));
                }

                break;
            default:
                for (int i = 0; i < values.Length; i++)
                {
                    bytes[i] = (byte)MathF.Round(Math.Clamp(values[i], 0f, 255f));
                }

                break;
        }
    }

    /// <summary>Reads numbers as floats.</summary>
    public static void Read(TensorType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        int size = type.Size();
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.Slice(i * size, size);
            values[i] = type switch
            {
                TensorType.FP32 => BinaryPrimitives.ReadSingleLittleEndian(at),
                TensorType.FP64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(at),
                TensorType.FP16 => (float)BinaryPrimitives.ReadHalfLittleEndian(at),
                TensorType.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                TensorType.INT8 => (sbyte)at[0],
                TensorType.INT16 => BinaryPrimitives.ReadInt16LittleEndian(at),
                TensorType.INT32 => BinaryPrimitives.ReadInt32LittleEndian(at),
                TensorType.INT64 => BinaryPrimitives.ReadInt64LittleEndian(at),
                TensorType.UINT16 => BinaryPrimitives.ReadUInt16LittleEndian(at),
                TensorType.UINT32 => BinaryPrimitives.ReadUInt32LittleEndian(at),
                TensorType.UINT64 => BinaryPrimitives.ReadUInt64LittleEndian(at),
                _ => at[0],
            };
        }
    }

    /// <summary>Reads texts, each with its length in front in 4 bytes.</summary>
    /// <exception cref="RequestFailure">The bytes end in the middle of a text.</exception>
    public static string[] ReadTexts(ReadOnlySpan<byte> bytes)
    {
        var texts = new List<string>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - 4)
            {
                throw RequestFailure.Broken("ends in the middle of a text");
            }

            texts.Add(System.Text.Encoding.UTF8.GetString(bytes.Slice(4, (int)length)));
            bytes = bytes[(4 + (int)length)..];
        }

        return [.. texts];
    }

    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
