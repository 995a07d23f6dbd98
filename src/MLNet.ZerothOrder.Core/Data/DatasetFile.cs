namespace MLNet.ZerothOrder.Data;

/// <summary>One file of a public data set, decompressed.</summary>
/// <param name="Name">Its name in the official archive, without <c>.gz</c>.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal.</param>
internal sealed record DatasetFile(string Name, long Length, string Sha256);
