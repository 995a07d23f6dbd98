namespace MLNet.ZerothOrder.Data;

/// <summary>One file of a public data set, decompressed, or the archive that holds them.</summary>
/// <param name="Name">Its name in the official archive, a gzipped file's without <c>.gz</c>.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal.</param>
internal sealed record DatasetFile(string Name, long Length, string Sha256);
