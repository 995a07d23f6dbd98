using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>The kinds of checkpoints.</summary>
public enum CheckpointKind
{
    /// <summary>An attack run.</summary>
    Run,

    /// <summary>A training.</summary>
    Training,

    /// <summary>The training of a prior.</summary>
    Prior,
}

/// <summary>
/// The file format of every checkpoint: a header with the kind (8 bytes), the version of the format (4 bytes), the length of the content (8 bytes)
/// and its SHA-256 (32 bytes), then the content. Numbers are little-endian. Files are written atomically. A truncated or changed file is refused.
/// </summary>
public static class CheckpointEnvelope
{
    /// <summary>The current version of the format. Version 1 of a training's checkpoint was JSON; version 2 of a run's had no flagged queries.</summary>
    public const uint Version = 3;

    private const int KindLength = 8;
    private const int LengthAt = KindLength + sizeof(uint);
    private const int HashAt = LengthAt + sizeof(long);
    private const int HeadLength = HashAt + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> FirstJson => "{\"version\":1,"u8;

    /// <summary>Writes a checkpoint atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind of the checkpoint.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public static void Write(string path, CheckpointKind kind, Action<Stream> write) => AtomicFile.Write(path, stream =>
    {
        ArgumentNullException.ThrowIfNull(write);

        // The header is written last, when length and checksum are known. The file is renamed into place after that.
        stream.Write(new byte[HeadLength]);
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var buffered = new BufferedStream(hashing, 1 << 16))
        {
            write(buffered);
        }

        Span<byte> head = stackalloc byte[HeadLength];
        Mark(kind).CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[KindLength..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[LengthAt..], stream.Length - HeadLength);
        hash.Hash!.CopyTo(head[HashAt..]);
        stream.Position = 0;
        stream.Write(head);
    });

    /// <summary>Reads a checkpoint and verifies its header and checksum.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">The expected kind.</param>
    /// <param name="read">Reads the content from a stream; the second argument is its length in bytes.</param>
    /// <exception cref="InputException">The file is missing, not a checkpoint of this kind, damaged, or of another version of the format.</exception>
    public static T Read<T>(string path, CheckpointKind kind, Func<Stream, long, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            Span<byte> head = stackalloc byte[HeadLength];
            int got = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
            bool isOfKind = got >= LengthAt && head[..KindLength].SequenceEqual(Mark(kind));
            uint version = isOfKind ? BinaryPrimitives.ReadUInt32LittleEndian(head[KindLength..]) : head.StartsWith(FirstJson) ? 1u : Version;
            if (version != Version)
            {
                throw new InputException($"Checkpoint {path} has format version {version}, but this program reads version {Version}; finish it with the program that started it, or remove it and start again.");
            }

            if (!isOfKind)
            {
                throw new InputException($"{path} is not a checkpoint of {kind switch { CheckpointKind.Run => "an attack run", CheckpointKind.Training => "a training", _ => "a prior's training" }}; remove it and start again.");
            }

            long length = stream.Length - HeadLength;
            if (got < HeadLength || BinaryPrimitives.ReadInt64LittleEndian(head[LengthAt..]) != length)
            {
                throw new InputException($"Checkpoint {path} is damaged (its length differs from its header); remove it and start again.");
            }

            if (!SHA256.HashData(stream).AsSpan().SequenceEqual(head[HashAt..]))
            {
                throw new InputException($"Checkpoint {path} does not match its checksum; it is changed or damaged, so remove it and start again.");
            }

            stream.Position = HeadLength;
            return read(stream, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"Checkpoint {path} cannot be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); make it readable, or remove it and start again.", e);
        }
    }

    private static ReadOnlySpan<byte> Mark(CheckpointKind kind) => kind switch { CheckpointKind.Run => "zo run\r\n"u8, CheckpointKind.Training => "zo train"u8, _ => "zo prior"u8 };
}
