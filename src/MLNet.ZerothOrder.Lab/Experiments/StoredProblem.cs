using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>One image's run in one trial, or one data set's.</summary>
internal sealed record StoredProblem
{
    /// <summary>The image's or the data set's name.</summary>
    public required string Name { get; init; }

    public required int Trial { get; init; }

    /// <summary>The loss of iterates 0..T.</summary>
    public required double[] Trace { get; init; }

    /// <summary>Queries charged.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries up to the first success; null without any.</summary>
    public long? QueriesToSuccess { get; init; }

    /// <summary>ℓ1 of the first success; null without any.</summary>
    public double? L1AtFirstSuccess { get; init; }

    /// <summary>ℓ1 of the best success; null without any.</summary>
    public double? L1 { get; init; }

    [JsonIgnore]
    public double FinalLoss => Trace[^1];

    /// <summary>The mean loss over iterates 1..T.</summary>
    [JsonIgnore]
    public double MeanLoss => Trace.Length > 1 ? Trace.Skip(1).Average() : Trace[0];

    public static StoredProblem From(ImageResult result) => new()
    {
        Name = result.Name,
        Trial = result.Trial,
        Trace = [.. result.Trace],
        Queries = result.Queries,
        QueriesToSuccess = result.QueriesToFirstSuccess,
        L1AtFirstSuccess = result.FirstDistortion?.L1,
        L1 = result.Distortion?.L1,
    };

    public static StoredProblem From(Problem problem, string name, int trial) => new()
    {
        Name = name,
        Trial = trial,
        Trace = [.. problem.Trace],
        Queries = problem.Ledger.Charged,
        QueriesToSuccess = problem.QueriesToFirstSolved,
    };

    /// <summary>The loss of iterate t; beyond the trace its last one.</summary>
    public double LossAt(int t) => Trace[Math.Min(t, Trace.Length - 1)];

    /// <summary>The iteration of the first success, with q directions a step; null without any.</summary>
    public double? IterationsToSuccess(int directions) => (QueriesToSuccess - 1) / (directions + 1.0);
}
