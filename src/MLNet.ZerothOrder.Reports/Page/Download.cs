namespace MLNet.ZerothOrder.Reports;

/// <summary>A file to download from a report.</summary>
/// <param name="FileName">The name without folders.</param>
/// <param name="Description">A description of the content.</param>
/// <param name="Content">The content; null for a large file that is only beside the page.</param>
public sealed record Download(string FileName, string Description, byte[]? Content);
