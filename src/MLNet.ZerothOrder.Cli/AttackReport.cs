using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Turns an attack's result into files: at the start a partial result file, at the end all of them.</summary>
internal sealed class AttackReport(
    ResultFolder folder, OnnxClassifierInfo model, ImageSet images, AttackOptions options, IReadOnlyList<OptimizerChoice> choices, string command)
{
    /// <summary>Marks the folder as a run under way.</summary>
    public void WriteStart() => folder.Write(Document(partial: true));

    /// <summary>Writes images, panels and the result file.</summary>
    public ResultDocument WriteEnd(AttackResult result, long encodingQueries)
    {
        var runs = new List<RunRecord>();
        for (int r = 0; r < result.Runs.Count; r++)
        {
            AttackRun run = result.Runs[r];
            string? subFolder = choices.Count > 1 ? choices[r].Typed : null;
            IReadOnlyList<ProblemRecord> problems = folder.WriteImages(subFolder, images.Shape, run.Problems);
            folder.WritePanel(subFolder, images.Shape, run.Problems);
            runs.Add(new RunRecord(choices[r].Typed, Settings(choices[r], run), problems, SummaryRecord.From(run.Problems)));
        }

        double seconds = result.Time.TotalSeconds;
        ResultDocument document = Document(result.Partial) with
        {
            Failure = result.Failure?.Message,
            Model = Model(result.Scores),
            OverheadQueries = result.OverheadQueries + encodingQueries,
            Skipped = [.. result.Skipped.Select(s => new SkippedRecord(s.Name, s.Label, s.Predicted, s.Reason))],
            Runs = runs,
            Timing = new TimingRecord(seconds, result.OracleTime.TotalSeconds, runs.Sum(r => r.Summary.TotalQueries) / seconds),
        };
        folder.Write(document);
        return document;
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
            ["transform"] = options.Loss.Transform == BoxTransform.Clip ? "clip" : "tanh",
            ["smoothing"] = Numbers.AsWritten(run.Smoothing),
            ["smoothingFrom"] = run.SmoothingReason,
            ["trials"] = options.Trials,
        };
        foreach ((string name, object? value) in choice.Describe())
        {
            settings[name] = value;
        }

        return settings;
    }
}
