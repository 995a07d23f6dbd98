namespace MLNet.ZerothOrder;

/// <summary>An image that was not attacked, in a result file.</summary>
/// <param name="Id">The image's name.</param>
/// <param name="Label">Its true class.</param>
/// <param name="Predicted">The class that the classifier gives.</param>
/// <param name="Reason">Why it was skipped.</param>
public sealed record SkippedRecord(string Id, int Label, int Predicted, string Reason);
