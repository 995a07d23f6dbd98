using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// A file of untrusted content, plain or gzipped (told by its first bytes), read once from front to back. Whatever goes
/// wrong becomes an <see cref="InputException"/> that names the file.
/// </summary>
internal sealed class InputFile : IDisposable
{
    // Deflate spends at least two bits on 258 bytes, so a header that announces more than this is lying.
    private const long MostInflation = 1032;

    private readonly FileStream _file;
    private readonly Stream _content;
    private readonly bool _isGzip;

    // The content's length modulo 2³², with which gzip data ends. GZipStream takes data that is cut off for data that ends,
    // so this is what tells. (Several gzip files put one behind the other are refused with it.)
    private readonly uint _gzipLength;

    private InputFile(string path, FileStream file, bool isGzip, uint gzipLength)
    {
        _gzipLength = gzipLength;
        Path = path;
        _file = file;
        _isGzip = isGzip;
        _content = isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>The path as the user wrote it.</summary>
    public string Path { get; }

    /// <summary>Bytes of content read so far.</summary>
    public long Position { get; private set; }

    /// <summary>No more content than this can follow: what an announced size is checked against before any allocation.</summary>
    public long MostRemaining => (_isGzip ? _file.Length * MostInflation : _file.Length) - Position;

    public static InputFile Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path}: is a folder; give a file.");
        }

        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (!file.CanSeek)
            {
                throw new NotSupportedException("it is a pipe or a device, not a file");
            }

            Span<byte> bytes = stackalloc byte[4];
            bool isGzip = file.ReadAtLeast(bytes, 4, throwOnEndOfStream: false) == 4 && bytes is [0x1F, 0x8B, ..];
            file.Position = Math.Max(0, file.Length - 4);
            file.ReadAtLeast(bytes, 4, throwOnEndOfStream: false);
            file.Position = 0;
            return new InputFile(path, file, isGzip, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        }
        catch (Exception e) when (Unreadable(path, e) is { } unreadable)
        {
            file?.Dispose();
            throw unreadable;
        }
    }

    /// <summary>The content's first bytes: at most <paramref name="count"/>, fewer when the file is shorter.</summary>
    public static byte[] Head(string path, int count)
    {
        using InputFile file = Open(path);
        var head = new byte[count];
        return head[..file.Read(head)];
    }

    /// <summary>Fills the buffer as far as the content goes, and says how far.</summary>
    public int Read(Span<byte> buffer)
    {
        try
        {
            int got = _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            Position += got;
            if (got < buffer.Length && _isGzip && _gzipLength != (uint)Position)
            {
                throw new InvalidDataException($"its last bytes announce {_gzipLength} bytes of content");
            }

            return got;
        }
        catch (InvalidDataException e)
        {
            throw Error($"its gzip data is damaged or cut off, {Position} bytes of content into it; copy or download it anew, or give it decompressed.", e);
        }
        catch (Exception e) when (Unreadable(Path, e) is { } unreadable)
        {
            throw unreadable;
        }
    }

    /// <summary>Fills the whole buffer; <paramref name="part"/> names, in an error, what the file ended inside of.</summary>
    public void Fill(Span<byte> buffer, string part)
    {
        long start = Position;
        int got = Read(buffer);
        if (got < buffer.Length)
        {
            throw Error($"ends at byte {Position}, inside {part} (bytes {start}..{start + buffer.Length - 1}); it was cut off, so copy or download it anew.");
        }
    }

    /// <summary>Checks that nothing follows, which also makes gzip check its sum over the content.</summary>
    public void End()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) > 0)
        {
            throw Error($"goes on at byte {Position - 1}, where its header says that it ends; its header or its content is wrong, so make it anew.");
        }
    }

    /// <summary>All that is left, refused when it is more than <paramref name="most"/> bytes.</summary>
    public byte[] ReadAll(int most)
    {
        if (!_isGzip && MostRemaining > most)
        {
            throw TooLong(most);
        }

        // One byte of room to spare shows the end of the content without growing.
        var content = new byte[(int)Math.Min(most, Math.Max(MostRemaining / (_isGzip ? 256 : 1), 0)) + 1];
        int length = 0;
        while (true)
        {
            length += Read(content.AsSpan(length));
            if (length < content.Length)
            {
                return content.AsSpan(0, length).ToArray();
            }

            if (length > most)
            {
                throw TooLong(most);
            }

            Array.Resize(ref content, (int)Math.Min(most + 1L, length * 2L));
        }
    }

    /// <summary>The exception for this file: its path, a colon and the sentence.</summary>
    public InputException Error(string sentence, Exception? inner = null, string? argument = null) => new($"{Path}: {sentence}", inner) { Argument = argument };

    /// <summary>A piece of untrusted content as it may stand in a message: short, printable, in quotes.</summary>
    public static string Quote(ReadOnlySpan<char> text)
    {
        const int most = 60;
        var quoted = new StringBuilder("\"");
        foreach (char c in text.Length > most ? text[..most] : text)
        {
            quoted.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return quoted.Append(text.Length > most ? "…\"" : "\"").ToString();
    }

    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }

    /// <summary>What the system's refusal to read means for the user; null for an exception that is none.</summary>
    internal static InputException? Unreadable(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new InputException($"{path}: is not there; check the path.", e),
        IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException =>
            new InputException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check the path and its permissions.", e),
        _ => null,
    };

    private InputException TooLong(int most) => Error($"holds more than {most} bytes, the most that is read of such a file; split it.");
}
