using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>Builds PNG content by hand, right or wrong.</summary>
internal static class PngFile
{
    public static byte[] Of(int width, int height, int depth, int color, byte[] rows, byte[]? palette = null, byte[]? transparency = null, int interlace = 0) =>
    [
        .. Png.Signature,
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
