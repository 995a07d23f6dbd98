using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The report of an attack on a table: which features move, how far, and each row before and after.</summary>
public static class TableReport
{
    private const int MostRows = 500;

    // Wider tables are told in words.
    private const int MostColumns = 16;

    /// <summary>Builds the report.</summary>
    public static Report Of(TableResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string model = result.Model.Path.Length > 0 ? Path.GetFileName(result.Model.Path) : "a model";
        IEnumerable<ReportBlock?> blocks =
        [
            new CardsBlock(Cards(result)),
            result.Summary.Successes > 0 ? new ChartsBlock("How far rows move", Charts(result)) : null,
            Features(result),
            Rows(result),
            new FactsBlock(Facts(result, model)),
            Skipped(result),
            new CommandBlock(result.Command),
            new DownloadsBlock(Downloads(result)),
        ];
        return new Report($"{result.Optimizer} against {model}", [.. blocks.OfType<ReportBlock>()])
        {
            Lead = $"A query-only attack on {Numeral.Of(result.Rows.Count)} row{(result.Rows.Count == 1 ? "" : "s")} of {result.Table}. Every asked row and every result keeps the constraints.",
            Warnings =
            [
                .. result.Failure is { } failure ? new[] { $"The model failed, so these are partial results: {failure.Message}" } : result.Partial ? ["The run was interrupted: these are partial results."] : [],
                .. result.Warnings,
            ],
        };
    }

    /// <summary>Writes the report to <c>report.html</c> in a folder, and returns it.</summary>
    public static Report Write(TableResult result, string folder)
    {
        Report report = Of(result);
        AtomicFile.Write(Path.Combine(folder, "report.html"), report.WriteTo);
        return report;
    }

    private static List<Card> Cards(TableResult result)
    {
        TableSummary summary = result.Summary;
        List<Card> cards = [];
        if (summary.CleanAccuracy is { } accuracy)
        {
            cards.Add(new Card("Clean accuracy", Numeral.Percent(accuracy), "of all rows"));
        }

        cards.Add(new Card("Success rate", summary.Attacked == 0 ? Numeral.None : Numeral.Percent(summary.SuccessRate), string.Create(
            CultureInfo.InvariantCulture, $"{summary.Successes} of {summary.Attacked}, 95 %: {summary.SuccessRateInterval95.Low * 100:0}–{summary.SuccessRateInterval95.High * 100:0} %")));
        cards.Add(Median("Changed features", summary.Changed));
        cards.Add(Median("Cost", summary.Cost));
        cards.Add(Median("Queries to success", summary.QueriesToFirstSuccess));
        cards.Add(new Card("Queries", Numeral.Of(summary.TotalQueries), $"and {Numeral.Of(result.OverheadQueries)} for checks"));
        cards.Add(new Card("Time", Numeral.Seconds(result.Timing.Seconds), $"{Numeral.Of(result.Timing.QueriesPerSecond)} queries per second"));
        return cards;

        static Card Median(string label, MedianEstimate? median) => new(
            label, Numeral.Of(median?.Value), median?.Interval95 is { } ends ? $"median over successes, 95 %: {Numeral.Of(ends.Low)}–{Numeral.Of(ends.High)}" : "median over successes");
    }

    private static List<Chart> Charts(TableResult result)
    {
        double[] costs = [.. result.Rows.Where(row => row.Success).Select(row => row.Cost!.Value).Order()];
        double of = result.Summary.Attacked;
        return
        [
            new Chart(
                "cost", "Rows turned within a cost", ChartKind.Step, new ChartAxis("cost, in spreads of the features"), new ChartAxis("share of the attacked rows"),
                [new ChartSeries("turned", [0, .. costs], [0, .. costs.Select((_, i) => (i + 1) / of)])]),
            new Chart(
                "queries", "Rows turned within a number of queries", ChartKind.Step, new ChartAxis("queries to the first success", Logarithmic: true), new ChartAxis("share of the attacked rows"),
                [new ChartSeries("turned", [.. Asked(result)], [.. Asked(result).Select((_, i) => (i + 1) / of)])]),
        ];

        static IEnumerable<double> Asked(TableResult result) => result.Rows.Where(row => row.Success).Select(row => (double)row.QueriesToFirstSuccess!.Value).Order();
    }

    private static TableBlock Features(TableResult result) => new(
        "Which features move", ["feature", "changes in rows", "of the turned rows", "grew", "fell", "change, median", "cost, median", "may become"],
        [
            .. result.Features.Select(feature => (IReadOnlyList<TableCell>)
            [
                new TableCell(feature.Name), new TableCell(Numeral.Of(feature.Changed), feature.Changed),
                new TableCell(result.Summary.Successes == 0 ? Numeral.None : Numeral.Percent((double)feature.Changed / result.Summary.Successes), feature.Changed),
                feature.Categories is null ? new TableCell(Numeral.Of(feature.Grew), feature.Grew) : new TableCell(Numeral.None, double.NaN),
                feature.Categories is null ? new TableCell(Numeral.Of(feature.Changed - feature.Grew), feature.Changed - feature.Grew) : new TableCell(Numeral.None, double.NaN),
                new TableCell(Numeral.Of(feature.MedianChange), feature.MedianChange ?? double.NaN), new TableCell(Numeral.Of(feature.MedianCost), feature.MedianCost ?? double.NaN), new TableCell(feature.Rule),
            ]),
        ])
    { Note = "Changes are in the feature's own units. A cost of 1 is one spread of the feature (1.48 times the median absolute deviation, unless the constraints say otherwise), or a change of category." };

    private static TableBlock? Rows(TableResult result)
    {
        if (result.Rows.Count == 0)
        {
            return null;
        }

        bool isWide = result.Features.Count > MostColumns;
        string[] values = isWide ? ["change"] : [.. result.Features.Select(feature => feature.Name)];
        return new TableBlock(
            "Rows, before → after", ["row", result.Model.Classes > 1 ? "class" : "prediction", .. values, "changed", "cost", "queries to success", "queries"],
            [
                .. result.Rows.Take(MostRows).Select(row => (IReadOnlyList<TableCell>)
                [
                    new TableCell(Numeral.Of(row.Row), row.Row), new TableCell(row.After is { } after ? $"{row.Before} → {after}" : row.Before),
                    .. isWide ? [new TableCell(row.Change ?? "not turned")] : result.Features.Select((feature, i) => Value(feature, row, i)),
                    new TableCell(row.Changed is { } changed ? Numeral.Of(changed) : Numeral.None, row.Changed ?? double.NaN), new TableCell(Numeral.Of(row.Cost), row.Cost ?? double.NaN),
                    new TableCell(row.QueriesToFirstSuccess is { } first ? Numeral.Of(first) : Numeral.None, row.QueriesToFirstSuccess ?? double.NaN), new TableCell(Numeral.Of(row.Queries), row.Queries),
                ]),
            ])
        { Note = result.Rows.Count > MostRows ? $"The first {MostRows} of {Numeral.Of(result.Rows.Count)}; all are in result.json." : null };
    }

    private static TableCell Value(TableFeature feature, TableOutcome row, int i)
    {
        float before = row.Original[i];
        return row.Adversarial is { } found && found[i] != before && !float.IsNaN(before)
            ? new TableCell($"{Text(feature, before)} → {Text(feature, found[i])}") { IsMarked = true } : new TableCell(Text(feature, before));
    }

    private static string Text(TableFeature feature, float value) =>
        float.IsNaN(value) ? Numeral.None : feature.Categories is { } names && value >= 0 && value < names.Count ? names[(int)value] : value.ToString(Math.Abs(value) >= 1000 ? "#,0.##" : "0.####", CultureInfo.InvariantCulture);

    private static List<Fact> Facts(TableResult result, string model) =>
    [
        new("Model", $"{model}, {(result.Model.Classes > 1 ? $"{result.Model.Classes} classes{(result.Model.ClassNames is { } names ? $": {string.Join(", ", names.Take(12))}" : "")}" : "a regression")}, {result.Model.Output}"),
        new("SHA-256", result.Model.Sha256),
        new("Inputs", result.Model.Input),
        new("Table", result.LabelsPredicted ? $"{result.Table}, without true classes: each row counts as right while it keeps the class that the model gives it" : result.Table),
        new("Success", result.Goal),
        new("Run", string.Create(CultureInfo.InvariantCulture, $"{result.Optimizer}, {result.Settings.Norm.Symbol()}{(result.Settings.Budget is { } budget ? $", at most {budget} queries per row" : $", {result.Settings.Iterations} steps per row")}{(result.Settings.LabelsOnly ? ", labels only" : "")}")),
        new("Seed", result.Seed.ToString(CultureInfo.InvariantCulture)),
        new("Created by", $"{result.Tool} {result.Version}"),
    ];

    private static TableBlock? Skipped(TableResult result) => result.Skipped.Count == 0 ? null : new TableBlock(
        $"Rows that were not attacked ({result.Skipped.Count})", ["row", "reason"],
        [.. result.Skipped.Select(row => (IReadOnlyList<TableCell>)[new TableCell(Numeral.Of(row.Row), row.Row), new TableCell(row.Reason)])])
    { Folded = true };

    private static List<Download> Downloads(TableResult result)
    {
        var rows = new Csv(["row", .. result.Features.Select(feature => feature.Name), "success", "before", "after", "changed", "cost", "queries", "queriesToFirstSuccess"]);
        foreach (TableOutcome row in result.Rows)
        {
            IReadOnlyList<float> values = row.Adversarial ?? row.Original;
            rows.Add([row.Row, .. result.Features.Select((feature, i) => Cell(feature, values[i])), row.Success, row.Before, row.After, row.Changed, row.Cost, row.Queries, row.QueriesToFirstSuccess]);
        }

        return
        [
            new Download("rows.csv", "the found row, or the unchanged one, for each attacked row", rows.ToBytes()),
            new Download("constraints.json", "the constraints, for --constraints and FeatureConstraints.Parse", Encoding.UTF8.GetBytes(result.Constraints + "\n")),
            new Download("result.json", "the whole result", Encoding.UTF8.GetBytes(result.ToJson() + "\n")),
        ];

        static object? Cell(TableFeature feature, float value) =>
            float.IsNaN(value) ? null : feature.Categories is { } names && value >= 0 && value < names.Count ? names[(int)value] : value.ToString("R", CultureInfo.InvariantCulture);
    }
}
