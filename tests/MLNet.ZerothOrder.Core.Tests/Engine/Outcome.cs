namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>All that a run leaves behind, as text in which every bit shows.</summary>
internal static class Outcome
{
    public static string Of(Problem problem) => string.Join(
        '\n',
        $"{problem.Id}: {problem.Stop} after {problem.Iteration} steps, {problem.Ledger.Charged} queries, first {problem.QueriesToFirstSolved}",
        string.Join(' ', problem.Trace.Select(BitConverter.DoubleToInt64Bits)),
        $"{problem.BestLoss:R} {problem.BestSolvedLoss:R}",
        Floats(problem.Theta.ToArray()),
        Floats(problem.LastInput),
        Floats(problem.FirstSolvedInput),
        Floats(problem.BestSolvedInput));

    private static string Floats(ReadOnlyMemory<float>? floats) =>
        floats is { } memory ? string.Join(' ', memory.ToArray().Select(BitConverter.SingleToInt32Bits)) : "none";
}
