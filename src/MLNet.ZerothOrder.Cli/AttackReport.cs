using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Turns an attack's result into files: at the start a partial result file, at the end all of them.</summary>
internal sealed class AttackReport(
    ResultFolder folder, OnnxClassifierInfo model, ImageSet images, AttackOptions options, IReadOnlyList<OptimizerChoice> choices,
    IReadOnlyList<string> references, string command)
{
    private readonly IReadOnlyList<string> _subFolders = ResultFolder.SubFolders(choices.Select(choice => choice.Name.Short));

    /// <summary>Marks the folder as a run under way, or as one that failed before it found anything.</summary>
    public void WriteStart(string? failure) => folder.Write(Document(partial: true) with { Failure = failure });

    /// <summary>Writes images, panels and the result file; of an interrupted run those pictures for which there is time.</summary>
    public ResultDocument WriteEnd(AttackResult result, long encodingQueries, RunPlace place, Haste haste)
    {
        double seconds = result.Time.TotalSeconds;
        (string Optimizer, IReadOnlyList<ImageResult> Problems)[] compared =
            [.. result.Runs.Select((run, r) => (choices[r].Name.Typed, run.Problems)).Where(run => references.Contains(run.Typed))];
        ResultDocument document = Document(partial: true) with
        {
            Failure = result.Failure?.Message,
            Model = Model(result.Scores),
            OverheadQueries = result.OverheadQueries + encodingQueries,
            ResentQueries = place.ResentQueries,
            RetriedQueries = place.Counted(RunCount.Retried),
            CheckQueries = place.Counted(RunCount.Checked),
            CachedQueries = place.Counted(RunCount.Cached),
            Skipped = [.. result.Skipped.Select(s => new SkippedRecord(s.Name, s.Label, s.Predicted, s.Reason))],
            Runs = [.. result.Runs.Select((run, r) => new RunRecord(
                choices[r].Name.Typed, Settings(choices[r], run), [.. run.Problems.Select(p => ProblemRecord.From(p, null))], SummaryRecord.From(run.Problems))
            {
                Comparison = ComparisonRecord.From(run.Problems, compared),
            })],
            Timing = new TimingRecord(seconds, result.OracleTime.TotalSeconds, result.Runs.Sum(r => r.Problems.Sum(p => p.Queries)) / seconds),
        };

        // The numbers first: they cost the least room, and no picture is worth losing them to a full disk.
        folder.Write(document);
        if (haste.IsOver)
        {
            return document;
        }

        document = document with { Runs = [.. document.Runs.Select((run, r) => run with { Problems = WritePictures(r, result.Runs[r], haste) })] };
        document = document with { Partial = result.Partial || haste.IsOver };
        folder.Write(document);
        return document;
    }

    private IReadOnlyList<ProblemRecord> WritePictures(int index, AttackRun run, Haste haste)
    {
        string? subFolder = choices.Count > 1 ? _subFolders[index] : null;
        if (!haste.IsOver)
        {
            folder.WritePanel(subFolder, images.Shape, run.Problems);
        }

        return folder.WriteImages(subFolder, images.Shape, run.Problems, () => haste.IsOver);
    }

    private ResultDocument Document(bool partial) => new()
    {
        Version = Application.Version,
        Command = command,
        Partial = partial,
        Seed = options.Seed,
        Model = Model(model.Scores),
        Dataset = images.Name,
    };

    private ModelRecord Model(ScoreKind scores) => new(
        model.Path, model.Sha256, $"{model.Input}: {model.InputType} {model.InputShape}, images {model.Image}, pixels {model.Encoding}", model.Classes, Words.Of(scores));

    private SortedDictionary<string, object?> Settings(OptimizerChoice choice, AttackRun run)
    {
        var settings = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iterations"] = options.Limits.Iterations,
            ["budget"] = options.Limits.Budget,
            ["stop"] = options.Limits.StopOnSuccess ? "success" : "never",
            ["patience"] = options.Limits.Patience,
            ["norm"] = Words.Of(options.Loss.Norm),
            ["distortionWeight"] = options.Loss.DistortionWeight,
            ["confidence"] = options.Loss.Confidence,
            ["target"] = options.Loss.Target,
            ["transform"] = Words.Of(options.Loss.Transform),
            ["smoothing"] = Numbers.AsWritten(run.Smoothing),
            ["smoothingFrom"] = run.SmoothingReason,
            ["trials"] = options.Trials,
        };
        foreach ((string name, object? value) in choice.Settings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
