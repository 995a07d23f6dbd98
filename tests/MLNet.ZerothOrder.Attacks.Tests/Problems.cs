namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>Results made by hand, of which only figures matter.</summary>
internal static class Problems
{
    public static ImageResult Result(double[] trace, int index = 0, int trial = 0, long? first = null, long queries = 0, double? firstL1 = null) => new()
    {
        Index = index,
        Name = "0",
        Label = 0,
        Trial = trial,
        Trace = trace,
        BestLoss = trace.Length == 0 ? double.NaN : trace.Min(),
        Success = first is not null,
        Queries = queries,
        QueriesToFirstSuccess = first,
        StopReason = StopReason.Iterations,
        Distortion = null,
        FirstDistortion = firstL1 is { } l1 ? new Distortion(l1, l1, l1) : null,
        AdversarialLabel = null,
        SavedSuccess = null,
        Original = default,
        Adversarial = null,
        Last = null,
    };
}
