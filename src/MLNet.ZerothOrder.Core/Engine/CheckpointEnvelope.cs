using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>What a checkpoint is of.</summary>
public enum CheckpointKind
{
    /// <summary>An attack run.</summary>
    Run,

    /// <summary>A training.</summary>
    Training,
}

/// <summary>
/// The file of every checkpoint: a head of 8 bytes that tell the kind, the format's version (4 bytes), the content's length (8 bytes) and its SHA-256
/// (32 bytes), then the content; numbers are little-endian. A file is replaced as a whole, and one that was cut off or changed is never read.
/// </summary>
public static class CheckpointEnvelope
{
    /// <summary>The version of the format that is written and read. Version 1 of a training's checkpoint was JSON.</summary>
    public const uint Version = 2;

    private const int KindLength = 8;
    private const int LengthAt = KindLength + sizeof(uint);
    private const int HashAt = LengthAt + sizeof(long);
    private const int HeadLength = HashAt + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> FirstJson => "{\"version\":1,"u8;

    /// <summary>Writes a checkpoint, or replaces it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What it is of.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file cannot be written; the earlier one is untouched.</exception>
    public static void Write(string path, CheckpointKind kind, Action<Stream> write) => AtomicFile.Write(path, stream =>
    {
        ArgumentNullException.ThrowIfNull(write);

        // The head is written last, once length and checksum are known; until then the file is not in its place.
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

    /// <summary>Reads a checkpoint whose head and checksum are right.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What it is to be of.</param>
    /// <param name="read">Reads the content from a stream, which has as many bytes as the second argument says.</param>
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
                throw new InputException($"Checkpoint {path} is in version {version} of its format, and this program reads version {Version}; finish it with the program that started it, or remove it and start anew.");
            }

            if (!isOfKind)
            {
                throw new InputException($"{path} is not a checkpoint of {(kind == CheckpointKind.Run ? "an attack run" : "a training")}; remove it and start anew.");
            }

            long length = stream.Length - HeadLength;
            if (got < HeadLength || BinaryPrimitives.ReadInt64LittleEndian(head[LengthAt..]) != length)
            {
                throw new InputException($"Checkpoint {path} is damaged (its length is not what its head says); remove it and start anew.");
            }

            if (!SHA256.HashData(stream).AsSpan().SequenceEqual(head[HashAt..]))
            {
                throw new InputException($"Checkpoint {path} does not match its checksum; it was changed or damaged, so remove it and start anew.");
            }

            stream.Position = HeadLength;
            return read(stream, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"Checkpoint {path} cannot be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); make it readable, or remove it and start anew.", e);
        }
    }

    private static ReadOnlySpan<byte> Mark(CheckpointKind kind) => kind == CheckpointKind.Run ? "zo run\r\n"u8 : "zo train"u8;
}
