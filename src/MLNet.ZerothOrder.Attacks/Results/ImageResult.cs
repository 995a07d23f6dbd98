using System.Text.Json.Serialization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>One image's result in one trial.</summary>
public sealed record ImageResult
{
    /// <summary>The image's index in the image set.</summary>
    [JsonIgnore]
    public int Index { get; init; }

    /// <summary>The image's name: its index in the data set, or its file.</summary>
    [JsonPropertyName("id")]
    public required string Name { get; init; }

    /// <summary>The true class.</summary>
    public required int Label { get; init; }

    /// <summary>The target class that was chosen for this image; null if none was (<see cref="AttackLoss.TargetChoice"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Target { get; init; }

    /// <summary>The trial, from 0.</summary>
    public required int Trial { get; init; }

    /// <summary>The loss of the first iterate; NaN if the run was cancelled before it, as for the two losses below.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public double InitialLoss => Trace.Count > 0 ? Trace[0] : double.NaN;

    /// <summary>The loss of the last queried iterate.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public double FinalLoss => Trace.Count > 0 ? Trace[^1] : double.NaN;

    /// <summary>The lowest loss of any iterate.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double BestLoss { get; init; }

    /// <summary>Whether the best successful iterate is misclassified (or of the target class). It was scored again unless the run ended early.</summary>
    public required bool Success { get; init; }

    /// <summary>Charged queries. A retried query counts once.</summary>
    public required long Queries { get; init; }

    /// <summary>The charged queries that the model did not answer with the true class; null if they cost no more than others (<see cref="RunLimits.FlaggedCost"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FlaggedQueries { get; init; }

    /// <summary>Queries sent again after a failure, not included in <see cref="Queries"/>. A budget limits both together.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>The oracle's failure for which the image was set aside; null without one. The results so far are kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(OracleFailureConverter))]
    public OracleException? Failure { get; init; }

    /// <summary>Queries up to and including that of the first successful iterate; null without success.</summary>
    public required long? QueriesToFirstSuccess { get; init; }

    /// <summary>Steps before the first successful iterate; null without success.</summary>
    [JsonIgnore]
    public int? IterationsToFirstSuccess { get; init; }

    /// <summary>
    /// The number of steps before the first one whose queries differed in their margins by more than the rounding of a float. Until then the optimizer had
    /// nothing to follow.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int BlindSteps { get; init; }

    /// <summary>The rounds of the bisection of c, whose queries are among <see cref="Queries"/>, in the norm of the loss; null if c is fixed, and of an image that was never queried.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BisectionRound>? Rounds { get; init; }

    /// <summary>Why the run ended: iterations, budget, success, noImprovement, time, failed, cancelled.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>ℓ1, ℓ2 and ℓ∞ of the best successful image's change; null without success.</summary>
    public required Distortion? Distortion { get; init; }

    /// <summary>The distortion of the first successful image; null without success.</summary>
    public required Distortion? FirstDistortion { get; init; }

    /// <summary>The class of the best successful image; null without success, and if an early end left it unchecked.</summary>
    public required int? AdversarialLabel { get; init; }

    /// <summary>The file of the best successful image, relative to the result file; null if none was written.</summary>
    public string? ImageFile { get; init; }

    /// <summary>The file of the original, rounded to 8 bits.</summary>
    public string? OriginalFile { get; init; }

    /// <summary>The file of the last iterate; null if there is an <see cref="ImageFile"/>.</summary>
    public string? LastFile { get; init; }

    /// <summary>The file of the original picture at its own size, with the change of the best successful image in it; null if none was written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PhotoFile { get; init; }

    /// <summary>Whether that picture, read and fitted as the original was, is a success; null without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? PhotoSuccess { get; init; }

    /// <summary>Whether the best successful image is still a success after rounding to 8 bits per channel; null if no iterate was a success, and if an early end left it unchecked. False without <see cref="Success"/> means that no file held (<see cref="AttackOptions.Levels"/>).</summary>
    public required bool? SavedSuccess { get; init; }

    /// <summary>The losses of the queried iterates, 0..T at most. Of a method that chooses its points, the lowest loss after each step; JSON then has only the steps that lowered it, and the last.</summary>
    [JsonConverter(typeof(TraceConverter))]
    public required IReadOnlyList<double> Trace { get; init; }

    /// <summary>The clean image. That of a file is read again where it is no longer kept.</summary>
    /// <exception cref="InputException">The file can no longer be read.</exception>
    [JsonIgnore]
    public ReadOnlyMemory<float> Original
    {
        get => Images?.Image(Index) ?? field;
        init;
    }

    /// <summary>The images that <see cref="Index"/> belongs to; null where the original is given.</summary>
    internal ImageSet? Images { get; init; }

    /// <summary>The best successful image; null without success. Those of a long queue are made when they are read.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<float>? Adversarial
    {
        get => MakeAdversarial?.Invoke() ?? field;
        init;
    }

    /// <summary>Makes <see cref="Adversarial"/>; null where it is given.</summary>
    internal Func<ReadOnlyMemory<float>>? MakeAdversarial { get; init; }

    /// <summary>The image of the last queried iterate; null if the run was cancelled before any. Those of a long queue are read from a file.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<float>? Last
    {
        get => Problem is null ? field : Problem.LastInput;
        init;
    }

    /// <summary>The problem that keeps <see cref="Last"/>; null where it is given.</summary>
    internal Problem? Problem { get; init; }

    /// <summary>Whether the figures include this result: it was queried and not set aside.</summary>
    [JsonIgnore]
    public bool IsMeasured => Trace.Count > 0 && Failure is null;

    /// <summary>The loss of iterate t. Beyond the trace, the last loss; NaN if the run was cancelled before any.</summary>
    public double LossAt(int t) => Trace.Count > 0 ? Trace[Math.Min(t, Trace.Count - 1)] : double.NaN;

    /// <summary>
    /// The mean loss over iterates 1..<paramref name="horizon"/>. A shorter trace continues with its last loss. The initial loss
    /// if the horizon is 0.
    /// </summary>
    public double LossOverIterations(int horizon)
    {
        if (horizon == 0)
        {
            return InitialLoss;
        }

        double sum = 0;
        for (int t = 1; t <= horizon; t++)
        {
            sum += LossAt(t);
        }

        return sum / horizon;
    }
}
