namespace MLNet.ZerothOrder.Data;

/// <summary>The progress of a download.</summary>
/// <param name="File">The file that is being downloaded.</param>
/// <param name="Bytes">The bytes received, including those of an earlier, interrupted download.</param>
/// <param name="Total">The length of the file; null if the server does not report it.</param>
public readonly record struct DownloadProgress(string File, long Bytes, long? Total);
