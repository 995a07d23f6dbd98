using System.Security.Cryptography;

namespace MLNet.ZerothOrder.Data;

/// <summary>Checks the length and the SHA-256 of content against a known file.</summary>
internal static class DatasetCheck
{
    private const int ChunkBytes = 1 << 17;

    /// <summary>What is wrong with the content of a file, decompressed if it is gzipped; null if it is correct.</summary>
    /// <exception cref="InputException">The file cannot be read, or its gzip data is damaged.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static string? Problem(string path, DatasetFile expected, CancellationToken cancellation)
    {
        using InputFile content = InputFile.Open(path);
        return Problem(content.Read, expected, copy: null, cancellation);
    }

    /// <summary>The same check for any source that fills buffers. The content is also written to <paramref name="copy"/>.</summary>
    public static string? Problem(Reader read, DatasetFile expected, Stream? copy, CancellationToken cancellation)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkBytes];
        long length = 0;
        int got;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            got = read(buffer);
            length += got;
            if (length > expected.Length)
            {
                return $"is longer than {expected.Name}, which has {expected.Length} bytes";
            }

            sum.AppendData(buffer, 0, got);
            copy?.Write(buffer, 0, got);
        }
        while (got > 0);

        string found = Convert.ToHexStringLower(sum.GetHashAndReset());
        return length < expected.Length ? $"ends after {length} of {expected.Name}'s {expected.Length} bytes"
            : found != expected.Sha256 ? $"has the SHA-256 {found}, but {expected.Name} has {expected.Sha256}"
            : null;
    }

    /// <summary>Fills the buffer and returns the number of bytes read. It is smaller than the buffer only at the end.</summary>
    public delegate int Reader(Span<byte> buffer);
}
