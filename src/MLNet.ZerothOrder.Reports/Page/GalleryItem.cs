namespace MLNet.ZerothOrder;

/// <summary>One item of a gallery.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Group">What it belongs to, such as an optimizer; items can be filtered by it.</param>
/// <param name="Outcome">How it went; items can be filtered by it.</param>
/// <param name="Pictures">Its pictures, side by side.</param>
/// <param name="Facts">Its figures.</param>
public sealed record GalleryItem(string Title, string Group, string Outcome, IReadOnlyList<Picture> Pictures, IReadOnlyList<GalleryFact> Facts)
{
    /// <summary>Whether the outcome is what was hoped for.</summary>
    public bool IsGood { get; init; }

    /// <summary>How it came about, shown when the item is opened; null for none.</summary>
    public Chart? Trace { get; init; }
}
