using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>Reads the content of one PNG file: its chunks with their checksums, then its rows.</summary>
internal ref struct PngDecoder(ReadOnlySpan<byte> content, string name)
{
    private const int Gray = 0;
    private const int Rgb = 2;
    private const int Indexed = 3;
    private const int GrayAlpha = 4;
    private const int Rgba = 6;

    // Deflate needs at least two bits per 258 bytes.
    private const long MostInflation = 1032;

    private readonly ReadOnlySpan<byte> _content = content;
    private readonly string _name = name;
    private int _at;
    private ImageShape _shape;
    private int _depth;
    private int _color;
    private ReadOnlySpan<byte> _palette;
    private ReadOnlySpan<byte> _transparency;

    /// <summary>The channels of a picture of this color type; 0 if PNG does not have it.</summary>
    public static int Channels(int color) => color switch { Gray or GrayAlpha => 1, Rgb or Indexed => 3, Rgba => 4, _ => 0 };

    public PixelBuffer Decode()
    {
        if (!_content.StartsWith(Png.Signature))
        {
            throw Error($"starts with the bytes {Convert.ToHexString(_content[..Math.Min(_content.Length, 8)])}, unlike a PNG file; save it as PNG.");
        }

        _at = Png.Signature.Length;
        if (Chunk(out ReadOnlySpan<byte> body) != "IHDR")
        {
            throw Error("does not begin with an IHDR chunk (at byte 8); save it again.");
        }

        ReadHeader(body);
        using var compressed = new MemoryStream();
        bool isDataOver = false;
        for (string type = Chunk(out body); type != "IEND"; type = Chunk(out body))
        {
            isDataOver |= compressed.Length > 0 && type != "IDAT";
            switch (type)
            {
                case "IDAT" when !isDataOver:
                    compressed.Write(body);
                    break;
                case "PLTE" when compressed.Length == 0 && body.Length is >= 3 and <= 768 && body.Length % 3 == 0:
                    _palette = body;
                    break;
                case "tRNS" when compressed.Length == 0:
                    _transparency = body;
                    break;
                case "IHDR" or "PLTE" or "IDAT" or "tRNS":
                    throw Error($"has a misplaced or malformed {type} chunk before byte {_at}; save it again.");
                case [>= 'A' and <= 'Z', ..]:
                    throw Error($"needs the chunk {InputFile.Quote(type)} (before byte {_at}), which is unknown; save it as a plain PNG.");
            }
        }

        if (_color == Indexed && _palette.IsEmpty)
        {
            throw Error("has no palette (PLTE chunk) though its pixels are palette indices; save it again.");
        }

        if ((_color == Gray && _transparency.Length is not (0 or 2)) || (_color == Rgb && _transparency.Length is not (0 or 6)))
        {
            throw Error($"has a tRNS chunk of {_transparency.Length} bytes, which is not one color; save it again.");
        }

        return Expand(Inflate(compressed));
    }

    private int SamplesPerPixel => _color switch { Rgb => 3, GrayAlpha => 2, Rgba => 4, _ => 1 };

    private int RowBytes => (int)((((long)_shape.Width * SamplesPerPixel * _depth) + 7) / 8);

    private string Chunk(out ReadOnlySpan<byte> body)
    {
        const int frame = 12;
        ReadOnlySpan<byte> rest = _content[_at..];
        if (rest.Length < frame)
        {
            throw Error($"ends at byte {_content.Length}, before its IEND chunk; it is cut off, so copy or save it again.");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        string type = Encoding.Latin1.GetString(rest[4..8]);
        foreach (char c in type)
        {
            if (!char.IsAsciiLetter(c))
            {
                throw Error($"has a chunk named {InputFile.Quote(type)} at byte {_at}, which is not the name of a chunk; it is damaged, so copy or save it again.");
            }
        }

        if (length > rest.Length - frame)
        {
            throw Error($"ends at byte {_content.Length}, inside the {type} chunk of {length} bytes at byte {_at}; it is cut off, so copy or save it again.");
        }

        body = rest.Slice(8, (int)length);
        uint sum = BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + (int)length)..]);
        uint right = Crc32.HashToUInt32(rest.Slice(4, 4 + (int)length));
        if (sum != right)
        {
            throw Error($"the {type} chunk at byte {_at} has the checksum {sum:X8}, but its content gives {right:X8}; it is damaged, so copy or save it again.");
        }

        _at += frame + (int)length;
        return type;
    }

    private void ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length != 13)
        {
            throw Error($"has a header (IHDR) of {header.Length} bytes instead of 13; save it again.");
        }

        _depth = header[8];
        _color = header[9];
        if (_depth == 16 && _color is Gray or Rgb or GrayAlpha or Rgba)
        {
            throw Error("has 16 bits per sample; save it with 8 bits.");
        }

        bool isKnown = _color switch
        {
            Gray or Indexed => _depth is 1 or 2 or 4 or 8,
            Rgb or GrayAlpha or Rgba => _depth == 8,
            _ => false,
        };
        if (!isKnown || header[10] != 0 || header[11] != 0 || header[12] > 1)
        {
            throw Error(
                $"declares bit depth {_depth}, colour type {_color}, compression {header[10]}, filter {header[11]}, interlacing {header[12]} (bytes 24..28), which PNG does not have; save it again.");
        }

        if (header[12] == 1)
        {
            throw Error("is interlaced; save it without interlacing.");
        }

        _shape = DataLimits.Shape(
            _name,
            Channels(_color),
            BinaryPrimitives.ReadUInt32BigEndian(header[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(header));
    }

    private byte[] Inflate(MemoryStream compressed)
    {
        long length = (1L + RowBytes) * _shape.Height;
        if (length > compressed.Length * MostInflation)
        {
            throw Error($"has {compressed.Length} bytes of compressed pixels, too few for {_shape.Width}×{_shape.Height} pixels; it is damaged, so copy or save it again.");
        }

        compressed.Position = 0;
        using var zlib = new ZLibStream(compressed, CompressionMode.Decompress);
        var rows = new byte[length];
        try
        {
            int got = zlib.ReadAtLeast(rows, rows.Length, throwOnEndOfStream: false);
            if (got < rows.Length)
            {
                throw Error($"its pixels end in row {got / (1 + RowBytes)} of {_shape.Height}; it is damaged, so copy or save it again.");
            }

            if (zlib.ReadByte() >= 0)
            {
                throw Error($"has more pixel data than {_shape.Width}×{_shape.Height} pixels need; it is damaged, so copy or save it again.");
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new InputException($"{_name}: its compressed pixels (IDAT) are damaged or cut off; copy or save it again.", e);
        }

        return rows;
    }

    private PixelBuffer Expand(byte[] rows)
    {
        var image = new PixelBuffer(_shape.Width, _shape.Height, _shape.Channels);
        int rowBytes = RowBytes;
        int step = Math.Max(1, SamplesPerPixel * _depth / 8);
        Span<byte> above = new byte[rowBytes];
        for (int y = 0; y < _shape.Height; y++)
        {
            Span<byte> row = rows.AsSpan((y * (1 + rowBytes)) + 1, rowBytes);
            int filter = rows[y * (1 + rowBytes)];
            if (filter >= PngFilter.Count)
            {
                throw Error($"row {y} has the filter {filter}, which PNG does not have; it is damaged, so copy or save it again.");
            }

            PngFilter.Undo(filter, row, above, step);
            ExpandRow(row, y, image.Pixels.AsSpan(y * _shape.Width * _shape.Channels, _shape.Width * _shape.Channels));
            above = row;
        }

        return image;
    }

    private readonly void ExpandRow(ReadOnlySpan<byte> row, int y, Span<byte> pixels)
    {
        int width = _shape.Width;
        switch (_color)
        {
            case Gray:
                int white = (1 << _depth) - 1;
                int clear = _transparency.IsEmpty ? -1 : BinaryPrimitives.ReadUInt16BigEndian(_transparency);
                for (int x = 0; x < width; x++)
                {
                    int sample = Sample(row, x);
                    pixels[x] = sample == clear ? (byte)0 : (byte)(sample * 255 / white);
                }

                break;
            case GrayAlpha:
                for (int x = 0; x < width; x++)
                {
                    pixels[x] = OnBlack(row[2 * x], row[(2 * x) + 1]);
                }

                break;
            case Indexed:
                for (int x = 0; x < width; x++)
                {
                    int index = Sample(row, x);
                    if (3 * index >= _palette.Length)
                    {
                        throw Error($"pixel {x} of row {y} is palette colour {index}, but the palette has {_palette.Length / 3}; it is damaged, so save it again.");
                    }

                    byte alpha = index < _transparency.Length ? _transparency[index] : byte.MaxValue;
                    for (int c = 0; c < 3; c++)
                    {
                        pixels[(3 * x) + c] = OnBlack(_palette[(3 * index) + c], alpha);
                    }
                }

                break;
            case Rgb:
                row.CopyTo(pixels);
                for (int x = 0; x < width && !_transparency.IsEmpty; x++)
                {
                    Span<byte> pixel = pixels.Slice(3 * x, 3);
                    if (_transparency is [0, var r, 0, var g, 0, var b] && pixel[0] == r && pixel[1] == g && pixel[2] == b)
                    {
                        pixel.Clear();
                    }
                }

                break;
            default:
                row.CopyTo(pixels);
                break;
        }
    }

    private readonly int Sample(ReadOnlySpan<byte> row, int x)
    {
        int bit = x * _depth;
        return (row[bit >> 3] >> (8 - _depth - (bit & 7))) & ((1 << _depth) - 1);
    }

    private static byte OnBlack(int sample, int alpha) => (byte)(((sample * alpha) + 127) / 255);

    private readonly InputException Error(string sentence) => new($"{_name}: {sentence}");
}
