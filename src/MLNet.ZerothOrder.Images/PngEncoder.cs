using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace MLNet.ZerothOrder.Data;

/// <summary>Writes an 8-bit gray, RGB or RGBA image as PNG: one IHDR, one IDAT, one IEND.</summary>
internal static class PngEncoder
{
    public static byte[] Encode(PixelBuffer image)
    {
        using var png = new MemoryStream();
        png.Write(Png.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = image.Channels switch { 1 => 0, 3 => 2, _ => 6 };
        header[10..].Clear();
        WriteChunk(png, "IHDR"u8, header);
        WriteChunk(png, "IDAT"u8, Compress(image));
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static ReadOnlySpan<byte> Compress(PixelBuffer image)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            int rowBytes = image.Width * image.Channels;
            ReadOnlySpan<byte> above = new byte[rowBytes];
            var best = new byte[1 + rowBytes];
            var candidate = new byte[1 + rowBytes];
            for (int y = 0; y < image.Height; y++)
            {
                ReadOnlySpan<byte> row = image.Pixels.AsSpan(y * rowBytes, rowBytes);
                long least = long.MaxValue;
                for (int filter = 0; filter < PngFilter.Count; filter++)
                {
                    candidate[0] = (byte)filter;
                    PngFilter.Apply(filter, row, above, image.Channels, candidate.AsSpan(1));

                    // The usual heuristic: the filter with the smallest absolute values compresses best.
                    long size = 0;
                    foreach (byte b in candidate.AsSpan(1))
                    {
                        size += Math.Min(b, 256 - b);
                    }

                    if (size < least)
                    {
                        least = size;
                        (best, candidate) = (candidate, best);
                    }
                }

                zlib.Write(best);
                above = row;
            }
        }

        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        png.Write(number);
        int start = (int)png.Length;
        png.Write(type);
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(png.GetBuffer().AsSpan(start, (int)png.Length - start)));
        png.Write(number);
    }
}
