using System.Globalization;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The report of an audit, for a reviewer: the verdict, the question, the figures, what they do not mean, and how to repeat them.</summary>
public static class AuditReport
{
    private const int MostImages = 500;
    private const int CurvePoints = 60;

    /// <summary>Builds the report.</summary>
    public static Report Of(AuditResult audit)
    {
        ArgumentNullException.ThrowIfNull(audit);
        string model = audit.Model.Path.Length > 0 ? Path.GetFileName(audit.Model.Path) : "a classifier";
        IEnumerable<ReportBlock?> blocks =
        [
            new CardsBlock(Cards(audit)),
            new FactsBlock(Facts(audit, model)),
            audit.Levels.Count > 0 ? new ChartsBlock("Robust accuracy", Charts(audit)) : null,
            Levels(audit),
            Stages(audit),
            Classes(audit),
            Limits(audit),
            Images(audit),
            new CommandBlock(audit.Command),
        ];
        return new Report($"Audit of {model}", [.. blocks.OfType<ReportBlock>()])
        {
            Lead = audit.Levels.Count > 0 ? AuditFiles.Sentence(audit, audit.Levels[^1]) : null,
            Warnings = [.. audit.Partial ? new[] { "The audit was interrupted: these are partial results." } : [], .. audit.Warnings],
        };
    }

    /// <summary>Writes the report to <c>report.html</c> in a folder, and returns it.</summary>
    public static Report Write(AuditResult audit, string folder)
    {
        Report report = Of(audit);
        AtomicFile.Write(Path.Combine(folder, "report.html"), report.WriteTo);
        return report;
    }

    private static List<Card> Cards(AuditResult audit)
    {
        var cards = new List<Card>();
        if (audit.Require is { } least)
        {
            cards.Add(new Card("Verdict", audit.Passed switch { true => "met", false => "not met", _ => Numeral.None }, $"required: {Numeral.Percent(least)} in the largest ball"));
        }

        if (audit.CleanAccuracy is { } clean)
        {
            cards.Add(new Card("Clean accuracy", Numeral.Percent(clean.Rate), Interval(clean)));
        }

        cards.AddRange(audit.Levels.Select(level => new Card($"ε = {AuditFiles.Radius(audit.Norm, level.Epsilon)}", Numeral.Percent(level.RobustAccuracy.Rate), Interval(level.RobustAccuracy))));
        cards.Add(new Card("Queries", Numeral.Of(audit.Queries), $"{(audit.FlaggedQueries is { } flagged ? $"{Numeral.Of(flagged)} of them flagged, " : "")}and {Numeral.Of(audit.OverheadQueries)} for checks"));
        return cards;
    }

    private static string Interval(AuditShare share) => string.Create(
        CultureInfo.InvariantCulture, $"{share.Right} of {share.Of}, 95 %: {share.Interval95.Low * 100:0}–{share.Interval95.High * 100:0} %");

    private static List<Fact> Facts(AuditResult audit, string model) =>
    [
        new("Classifier", $"{model}, {audit.Model.Classes} classes, {audit.Model.Output}"),
        .. audit.Model.Sha256.Length > 0 ? [new Fact("SHA-256", audit.Model.Sha256)] : Array.Empty<Fact>(),
        new("Input", audit.Model.Input),
        new("Images", audit.Levels.Count > 0 ? $"{audit.Dataset}, {Numeral.Of(audit.Levels[^1].RobustAccuracy.Of)} of them" : audit.Dataset),
        new("Question", $"How many images stay right if each may change within an {audit.Norm.Symbol()} ball, and {Numeral.Of(audit.Budget)} {(audit.LabelsOnly ? "labels" : "score vectors")} are asked per image and ball?"),
        new("Methods", $"{string.Join(", then ", audit.Methods.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} ({m.Share * 100:0} % of the budget)")))}; each on the images that the earlier ones left standing"),
        .. audit.FlaggedCost is { } cost ? [new Fact("Flagged queries", $"Those that the classifier did not answer with the true class. Each takes {Numeral.Of(cost)} of the budget.")] : Array.Empty<Fact>(),
        .. audit.Prior is { } prior ? [new Fact("Prior", PriorNotes.Of(prior) + " The first method in each ball starts from it.")] : Array.Empty<Fact>(),
        new("Counted as fallen", "an image whose saved 8-bit file is inside the ball and is classified wrongly, scored again after the run"),
        .. audit.Cost is { } spent ? [ResultReport.CostFact(spent)] : Array.Empty<Fact>(),
        new("Seed", audit.Seed.ToString(CultureInfo.InvariantCulture)),
        new("zo", audit.Version),
    ];

    private static List<Chart> Charts(AuditResult audit)
    {
        double[] radii = [.. audit.CleanAccuracy is null ? [] : new[] { 0.0 }, .. audit.Levels.Select(level => level.Epsilon)];
        AuditShare[] shares = [.. audit.CleanAccuracy is { } clean ? new[] { clean } : [], .. audit.Levels.Select(level => level.RobustAccuracy)];
        var against = new Chart(
            "epsilon", "Robust accuracy against ε", ChartKind.Dots, new ChartAxis($"ε, radius of the {audit.Norm.Symbol()} ball"), new ChartAxis("share of images that stay right"),
            [new ChartSeries("robust accuracy", radii, [.. shares.Select(s => s.Rate)]) { Low = [.. shares.Select(s => s.Interval95.Low)], High = [.. shares.Select(s => s.Interval95.High)] }])
        { Caption = "Bands are 95 % Wilson intervals over images." };

        double[] queries = [.. Enumerable.Range(0, CurvePoints + 1).Select(i => Math.Round(Math.Pow(audit.Budget, (double)i / CurvePoints))).Distinct()];
        var over = new Chart(
            "queries", "Robust accuracy against queries", ChartKind.Step, new ChartAxis("queries per image", Logarithmic: true), new ChartAxis("share of images that stay right"),
            [
                .. audit.Levels.Select(level => new ChartSeries(
                    $"ε = {AuditFiles.Radius(audit.Norm, level.Epsilon)}", queries,
                    [.. queries.Select(n => (level.RobustAccuracy.Right + level.Images.Count(image => image.Fell is not null && image.Queries > n)) / (double)level.RobustAccuracy.Of)])),
            ])
        { Caption = "An image that fell in a smaller ball falls here at the same number of queries." };
        return [against, over];
    }

    private static TableBlock? Levels(AuditResult audit) => audit.Levels.Count == 0 ? null : new TableBlock(
        "Balls", ["ε", "stay right", "of", "robust accuracy", "95 % interval"],
        [
            .. audit.Levels.Select(level => (IReadOnlyList<TableCell>)
            [
                new TableCell(AuditFiles.Radius(audit.Norm, level.Epsilon)), new TableCell(Numeral.Of(level.RobustAccuracy.Right), level.RobustAccuracy.Right),
                new TableCell(Numeral.Of(level.RobustAccuracy.Of), level.RobustAccuracy.Of), new TableCell(Numeral.Percent(level.RobustAccuracy.Rate), level.RobustAccuracy.Rate),
                new TableCell(string.Create(CultureInfo.InvariantCulture, $"{level.RobustAccuracy.Interval95.Low * 100:0}–{level.RobustAccuracy.Interval95.High * 100:0} %"), level.RobustAccuracy.Interval95.Low),
            ]),
        ])
    { Note = "Misclassified clean images are part of all images and count as not right." };

    private static TableBlock? Stages(AuditResult audit) => !audit.Levels.Any(level => level.Stages.Count > 0) ? null : new TableBlock(
        "Methods", ["ε", "method", "budget per image", "attacked", "fell", "queries", .. audit.FlaggedCost is null ? Array.Empty<string>() : ["of these flagged"]],
        [
            .. audit.Levels.SelectMany(level => level.Stages.Select(stage => (IReadOnlyList<TableCell>)
            [
                new TableCell(AuditFiles.Radius(audit.Norm, level.Epsilon)), new TableCell(stage.Method), new TableCell(Numeral.Of(stage.Budget), stage.Budget),
                new TableCell(Numeral.Of(stage.Attacked), stage.Attacked), new TableCell(Numeral.Of(stage.Fell), stage.Fell), new TableCell(Numeral.Of(stage.Queries), stage.Queries),
                .. stage.FlaggedQueries is { } flagged ? [new TableCell(Numeral.Of(flagged), flagged)] : Array.Empty<TableCell>(),
            ])),
        ]);

    private static TableBlock? Classes(AuditResult audit)
    {
        if (audit.Levels.Count == 0)
        {
            return null;
        }

        string[] columns = ["class", "images", .. audit.Levels.Select(level => $"ε = {AuditFiles.Radius(audit.Norm, level.Epsilon)}")];
        return new TableBlock("Classes", columns,
        [
            .. audit.Levels[^1].Classes.Select(of => (IReadOnlyList<TableCell>)
            [
                new TableCell(of.Label.ToString(CultureInfo.InvariantCulture)), new TableCell(Numeral.Of(of.RobustAccuracy.Of), of.RobustAccuracy.Of),
                .. audit.Levels.Select(level => level.Classes.FirstOrDefault(c => c.Label == of.Label) is { } here
                    ? new TableCell(Numeral.Percent(here.RobustAccuracy.Rate), here.RobustAccuracy.Rate) : new TableCell(Numeral.None)),
            ]),
        ])
        { Note = "The share of each class that stays right." };
    }

    private static FactsBlock Limits(AuditResult audit) => new(
    [
        new("What a pass does not mean", "These figures are upper bounds. The listed methods did not fell the images within the budget; another method, more queries, a gradient or another model's gradients may."),
        new("Not tried", $"Attacks with the model's gradients; transfer from other models; {(audit.LabelsOnly ? "scores; " : "")}changes outside the ball, such as rotations, blur or patches; images of other sources."),
    ]);

    private static TableBlock? Images(AuditResult audit)
    {
        if (audit.Levels.Count == 0)
        {
            return null;
        }

        AuditImage[] images = [.. audit.Levels[^1].Images.Take(MostImages)];
        return new TableBlock("Images in the largest ball", ["image", "class", "fell to", "taken for", "queries", "file"],
        [
            .. images.Select(image => (IReadOnlyList<TableCell>)
            [
                new TableCell(image.Name), new TableCell(image.Label.ToString(CultureInfo.InvariantCulture), image.Label), new TableCell(image.Fell ?? "stands"),
                image.AdversarialLabel is { } label ? new TableCell(label.ToString(CultureInfo.InvariantCulture), label) : new TableCell(Numeral.None),
                new TableCell(Numeral.Of(image.Queries), image.Queries), new TableCell(image.ImageFile ?? ""),
            ]),
        ])
        { Folded = true, Note = audit.Levels[^1].Images.Count > MostImages ? $"The first {MostImages} of {Numeral.Of(audit.Levels[^1].Images.Count)}; all are in audit.json." : null };
    }
}
