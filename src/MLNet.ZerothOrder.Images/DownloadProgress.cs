namespace MLNet.ZerothOrder.Data;

/// <summary>How far a download is.</summary>
/// <param name="File">The file that is being downloaded.</param>
/// <param name="Bytes">Its bytes that are here, those of an earlier, interrupted download included.</param>
/// <param name="Total">All its bytes; null when the server does not say.</param>
public readonly record struct DownloadProgress(string File, long Bytes, long? Total);
