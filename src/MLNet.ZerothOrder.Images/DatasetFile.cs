namespace MLNet.ZerothOrder.Data;

/// <summary>One file of a public data set, decompressed, or the archive of its files.</summary>
/// <param name="Name">The name in the official archive; for a gzipped file, without <c>.gz</c>.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Sha256">The SHA-256 in lower-case hexadecimal.</param>
internal sealed record DatasetFile(string Name, long Length, string Sha256);
