namespace MLNet.ZerothOrder;

/// <summary>A file to take from a report.</summary>
/// <param name="FileName">Its name, without folders.</param>
/// <param name="Description">What it holds.</param>
/// <param name="Content">The file itself.</param>
public sealed record Download(string FileName, string Description, byte[] Content);
