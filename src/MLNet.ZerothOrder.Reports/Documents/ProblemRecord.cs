using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>One image and trial in a result file. Losses are null where the run ended before a query.</summary>
public sealed record ProblemRecord
{
    /// <summary>The image's name: its index in the data set, or its file.</summary>
    public required string Id { get; init; }

    /// <summary>The true class.</summary>
    public required int Label { get; init; }

    /// <summary>The trial, from 0.</summary>
    public required int Trial { get; init; }

    /// <summary>The loss of iterate 0.</summary>
    public required double? InitialLoss { get; init; }

    /// <summary>The loss of the last iterate.</summary>
    public required double? FinalLoss { get; init; }

    /// <summary>The lowest loss of any iterate.</summary>
    public required double? BestLoss { get; init; }

    /// <summary>Whether some iterate was a success.</summary>
    public required bool Success { get; init; }

    /// <summary>All queries of this problem, each once.</summary>
    public required long Queries { get; init; }

    /// <summary>Queries that were sent again after a failure, beside <see cref="Queries"/>; absent where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Why the image was set aside; absent where the model answered every query.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Failure { get; init; }

    /// <summary>Queries up to and with the first successful iterate.</summary>
    public required long? QueriesToFirstSuccess { get; init; }

    /// <summary>Why the run ended: iterations, budget, success, noImprovement, time, failed, cancelled.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>The best successful image's change.</summary>
    public required DistortionRecord? Distortion { get; init; }

    /// <summary>The first successful image's change.</summary>
    public required DistortionRecord? FirstDistortion { get; init; }

    /// <summary>The class of the best successful image.</summary>
    public required int? AdversarialLabel { get; init; }

    /// <summary>The best successful image as a file, relative to the result file.</summary>
    public required string? ImageFile { get; init; }

    /// <summary>The original as a file, rounded to 8 bits.</summary>
    public string? OriginalFile { get; init; }

    /// <summary>The last iterate as a file; null where there is an <see cref="ImageFile"/>.</summary>
    public string? LastFile { get; init; }

    /// <summary>Whether the <see cref="ImageFile"/>, scored again, still is a success.</summary>
    public required bool? SavedSuccess { get; init; }

    /// <summary>The loss of iterates 0..T.</summary>
    public required IReadOnlyList<double> Trace { get; init; }

    /// <summary>The record of one result.</summary>
    public static ProblemRecord From(ImageResult result, string? imageFile)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new ProblemRecord
        {
            Id = result.Name,
            Label = result.Label,
            Trial = result.Trial,
            InitialLoss = Finite(result.InitialLoss),
            FinalLoss = Finite(result.FinalLoss),
            BestLoss = Finite(result.BestLoss),
            Success = result.Success,
            Queries = result.Queries,
            RetriedQueries = result.RetriedQueries,
            Failure = result.Failure?.Message,
            QueriesToFirstSuccess = result.QueriesToFirstSuccess,
            StopReason = result.StopReason,
            Distortion = DistortionRecord.From(result.Distortion),
            FirstDistortion = DistortionRecord.From(result.FirstDistortion),
            AdversarialLabel = result.AdversarialLabel,
            ImageFile = imageFile,
            SavedSuccess = result.SavedSuccess,
            Trace = result.Trace,
        };
    }

    internal static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
