namespace MLNet.ZerothOrder.Reports;

/// <summary>One item of a gallery.</summary>
/// <param name="Title">The name of the item.</param>
/// <param name="Group">The group of the item, such as an optimizer. Items can be filtered by group.</param>
/// <param name="Outcome">The outcome. Items can be filtered by outcome.</param>
/// <param name="Pictures">The pictures, side by side.</param>
/// <param name="Facts">The figures.</param>
public sealed record GalleryItem(string Title, string Group, string Outcome, IReadOnlyList<Picture> Pictures, IReadOnlyList<GalleryFact> Facts)
{
    /// <summary>Whether the outcome is a success.</summary>
    public bool IsGood { get; init; }

    /// <summary>A chart that is shown when the item is opened; null for none.</summary>
    public Chart? Trace { get; init; }
}
