namespace MLNet.ZerothOrder;

/// <summary>How the scores of an exported model differ from those of the fitted pipeline that it was exported from.</summary>
/// <param name="Rows">The rows that were compared.</param>
/// <param name="OtherClasses">The rows that the exported model gives another class; 0 for a regression.</param>
/// <param name="LargestDifference">The largest difference of a score; infinite where only one of the two gives a finite score.</param>
/// <param name="Warnings">What was found out about the exported model, such as that its labels contradict its scores; one text each.</param>
public sealed record ExportComparison(int Rows, int OtherClasses, double LargestDifference, IReadOnlyList<string> Warnings);
