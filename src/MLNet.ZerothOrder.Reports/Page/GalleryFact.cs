namespace MLNet.ZerothOrder.Reports;

/// <summary>A figure of a gallery item.</summary>
/// <param name="Name">The name. Items can be sorted by figures with the same name.</param>
/// <param name="Text">The displayed text.</param>
/// <param name="Value">The value to sort by. Null sorts last.</param>
public sealed record GalleryFact(string Name, string Text, double? Value);
