using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// An untrusted file, plain or gzipped (detected by its first bytes), read once from front to back, or a member of a zip archive, whose path is
/// <c>archive:member</c>. Every failure becomes an <see cref="InputException"/> that names the file.
/// </summary>
public sealed class InputFile : IDisposable
{
    // Deflate needs at least two bits per 258 bytes, so a header that declares a larger ratio is false.
    private const long MostInflation = 1032;
    private const int MostMembers = 1 << 12;
    private const int MostNamed = 12;

    private readonly FileStream _file;
    private readonly Stream _content;
    private readonly bool _isGzip;

    // Gzip data ends with the length of the content modulo 2³². GZipStream accepts truncated data as complete, so this length is needed
    // to detect truncation. A file of several concatenated gzip members is refused as well.
    private readonly uint _gzipLength;

    // The content of a plain or gzipped file, or the declared length of a member.
    private readonly long _most;

    private InputFile(string path, FileStream file, bool isGzip, uint gzipLength)
    {
        _gzipLength = gzipLength;
        Path = path;
        _file = file;
        _isGzip = isGzip;
        _content = isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
        _most = isGzip ? file.Length * MostInflation : file.Length;
    }

    private InputFile(string path, FileStream file, ZipArchiveEntry member)
    {
        Path = path;
        _file = file;
        _content = member.Open();
        _most = Math.Min(member.Length, file.Length * MostInflation);
    }

    /// <summary>The path as given by the user.</summary>
    public string Path { get; }

    /// <summary>Bytes of content read so far.</summary>
    public long Position { get; private set; }

    /// <summary>An upper bound of the content that can follow. Declared sizes are checked against it before memory is allocated.</summary>
    public long MostRemaining => _most - Position;

    /// <summary>The archive and the member that a path such as <c>x.npz:name</c> means; null for a path of a file.</summary>
    public static (string Archive, string Member)? MemberOf(string path) =>
        !File.Exists(path) && path.LastIndexOf(':') is > 0 and var colon && File.Exists(path[..colon]) ? (path[..colon], path[(colon + 1)..]) : null;

    /// <summary>The names of the members of a zip archive; null for another file.</summary>
    public static string[]? Members(string path)
    {
        if (Head(path, 4) is not [(byte)'P', (byte)'K', 3 or 5, 4 or 6])
        {
            return null;
        }

        using FileStream file = File.OpenRead(path);
        return Guard(path, () =>
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            return zip.Entries.Take(MostMembers).Select(entry => entry.FullName).ToArray();
        });
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It does not exist, is a folder or cannot be read.</exception>
    public static InputFile Open(string path)
    {
        if (MemberOf(path) is var (archive, member))
        {
            return OpenMember(path, archive, member);
        }

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

    /// <summary>The first bytes of the content: <paramref name="count"/>, or fewer if the file is shorter.</summary>
    public static byte[] Head(string path, int count)
    {
        using InputFile file = Open(path);
        var head = new byte[count];
        return head[..file.Read(head)];
    }

    /// <summary>Fills the buffer from the content, and returns the number of bytes read.</summary>
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
            throw Error($"its {(_isGzip ? "gzip" : "zip")} data is damaged or cut off after {Position} bytes of content; copy or download it again, or decompress it first.", e);
        }
        catch (Exception e) when (Unreadable(Path, e) is { } unreadable)
        {
            throw unreadable;
        }
    }

    /// <summary>Fills the whole buffer. If the file ends early, the error names <paramref name="part"/>.</summary>
    public void Fill(Span<byte> buffer, string part)
    {
        long start = Position;
        int got = Read(buffer);
        if (got < buffer.Length)
        {
            throw Error($"ends at byte {Position}, inside {part} (bytes {start}..{start + buffer.Length - 1}); it is cut off, so copy or download it again.");
        }
    }

    /// <summary>Checks that nothing follows. This also makes gzip verify its checksum.</summary>
    public void End()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) > 0)
        {
            throw Error($"continues at byte {Position - 1}, where it should end according to its header; its header or its content is wrong, so create it again.");
        }
    }

    /// <summary>Reads the rest of the content. More than <paramref name="most"/> bytes are refused.</summary>
    public byte[] ReadAll(int most)
    {
        if (!_isGzip && MostRemaining > most)
        {
            throw TooLong(most);
        }

        // One extra byte lets the loop detect the end of the content without growing the buffer.
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

    /// <summary>Creates the exception for this file: its path, a colon and the sentence.</summary>
    public InputException Error(string sentence, Exception? inner = null, string? argument = null) => new($"{Path}: {sentence}", inner) { Argument = argument };

    /// <summary>Untrusted text in a form for a message: short, printable and in quotes.</summary>
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }

    /// <summary>The exception for a file that the system cannot open or read; null for other exceptions.</summary>
    public static InputException? Unreadable(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new InputException($"{path}: does not exist; check the path.", e),
        IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException =>
            new InputException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check the path and its permissions.", e),
        _ => null,
    };

    private static InputFile OpenMember(string path, string archive, string member)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            return Guard(archive, () =>
            {
                var zip = new ZipArchive(file, ZipArchiveMode.Read);
                ZipArchiveEntry? entry = zip.GetEntry(member) ?? zip.GetEntry(member + ".npy");
                return entry is not null ? new InputFile(path, file, entry) : throw new InputException(
                    $"{archive}: has no member {Quote(member)}; name one of {string.Join(", ", zip.Entries.Take(MostNamed).Select(e => Quote(e.FullName)))}.");
            });
        }
        catch (Exception e) when (e is InputException || Unreadable(path, e) is not null)
        {
            file?.Dispose();
            throw e as InputException ?? Unreadable(path, e)!;
        }
    }

    private static T Guard<T>(string archive, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new InputException($"{archive}: is a damaged or cut off zip archive ({e.Message.TrimEnd('.')}); copy or save it again.", e);
        }
    }

    private InputException TooLong(int most) => Error($"holds more than {most} bytes, the limit for such a file; split it.");
}
