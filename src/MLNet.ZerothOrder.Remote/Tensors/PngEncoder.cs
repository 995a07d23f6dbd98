using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>Pictures of 8 bits as PNG: gray, RGB or RGBA.</summary>
internal static class PngEncoder
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Encodes pixels in [0, 1], channel by channel, rounded to 8 bits.</summary>
    public static byte[] Encode(ReadOnlySpan<float> pixels, ImageShape image)
    {
        (int channels, int height, int width) = image;
        int plane = height * width, stride = 1 + (width * channels);
        var lines = new byte[height * stride];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    lines[(y * stride) + 1 + (x * channels) + c] = (byte)MathF.Round(Math.Clamp(pixels[(c * plane) + (y * width) + x], 0f, 1f) * 255f);
                }
            }
        }

        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(lines);
        }

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = channels switch { 1 => 0, 3 => 2, _ => 6 };
        header[10..].Clear();
        using var file = new MemoryStream();
        file.Write(Signature);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(name);
        file.Write(content);
        var crc = new Crc32();
        crc.Append(name);
        crc.Append(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
