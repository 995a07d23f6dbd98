namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>All that an image's result says but for where it stood, as text in which every bit shows.</summary>
internal static class AttackOutcome
{
    public static string Of(ImageResult result) => string.Join(
        '\n',
        $"{result.Label}, trial {result.Trial}: {result.StopReason}, {result.Queries} queries, first {result.QueriesToFirstSuccess}, {result.Success} {result.SavedSuccess} {result.AdversarialLabel}",
        $"{result.Distortion} {result.FirstDistortion} {result.BestLoss:R}",
        string.Join(' ', result.Rounds ?? []),
        string.Join(' ', result.Trace.Select(BitConverter.DoubleToInt64Bits)),
        Floats(result.Original),
        Floats(result.Adversarial),
        Floats(result.Last));

    private static string Floats(ReadOnlyMemory<float>? floats) =>
        floats is { } memory ? string.Join(' ', memory.ToArray().Select(BitConverter.SingleToInt32Bits)) : "none";
}
