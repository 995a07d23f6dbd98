namespace MLNet.ZerothOrder;

/// <summary>A figure of a gallery's item.</summary>
/// <param name="Name">What it is; items are sorted by figures of the same name.</param>
/// <param name="Text">What is shown.</param>
/// <param name="Value">What is sorted by; null where there is no figure, which sorts last.</param>
public sealed record GalleryFact(string Name, string Text, double? Value);
