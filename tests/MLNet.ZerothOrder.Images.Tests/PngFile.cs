using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>Builds PNG content by hand, right or wrong.</summary>
internal static class PngFile
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The names of the chunks of a file.</summary>
    public static IEnumerable<string> Chunks(byte[] png)
    {
        for (int at = Signature.Length; at < png.Length; at += 12 + BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at)))
        {
            yield return System.Text.Encoding.Latin1.GetString(png, at + 4, 4);
        }
    }

    public static byte[] Of(int width, int height, int depth, int color, byte[] rows, byte[]? palette = null, byte[]? transparency = null, int interlace = 0) =>
    [
        .. Signature,
        .. Chunk("IHDR", Header(width, height, depth, color, interlace)),
        .. palette is null ? [] : Chunk("PLTE", palette),
        .. transparency is null ? [] : Chunk("tRNS", transparency),
        .. Chunk("IDAT", Zlib(rows)),
        .. Chunk("IEND", []),
    ];

    public static byte[] Header(int width, int height, int depth, int color, int interlace = 0)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)color, (byte)interlace);
        return header;
    }

    public static byte[] Chunk(string type, byte[] body)
    {
        byte[] content = [.. System.Text.Encoding.Latin1.GetBytes(type), .. body];
        var frame = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), Crc32.HashToUInt32(content));
        return [.. frame[..4], .. content, .. frame[4..]];
    }

    public static byte[] Zlib(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var zlib = new ZLibStream(zipped, CompressionLevel.Optimal))
        {
            zlib.Write(content);
        }

        return zipped.ToArray();
    }
}
