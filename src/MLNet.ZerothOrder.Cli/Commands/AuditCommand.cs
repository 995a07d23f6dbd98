using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo audit</c>.</summary>
internal static class AuditCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("audit", "Answers how many images stay right in balls of given radii and within a budget of queries, with a fixed sequence of attacks, and writes a report.");
        var norm = Choices.Of<DistortionNorm>("--norm", "The norm of the balls (default: linf).", DistortionNorms.Word);
        var epsilons = new Option<string>("--epsilon") { Description = "The radii ε of the balls, separated by commas: numbers or fractions such as 2/255,4/255,8/255.", HelpName = "E,E,…" };
        var budget = Numbers.Long("--budget", "The most queries per image and ball, over all methods (default: 5,000).", "B", 1, long.MaxValue);
        var labelsOnly = new Option<bool>("--labels-only") { Description = "Use only the predicted classes, as of a service that returns no scores." };
        Option<double?> flagged = RunOptions.FlaggedCost();
        var require = Numbers.Real("--require", "The least robust accuracy in the largest ball; the exit code is 5 if it is not met (default: no verdict).", "SHARE", 0, 1);
        var seed = Numbers.Long("--seed", "The seed of all random numbers (default: 1).", "S", long.MinValue, long.MaxValue);
        var batch = Numbers.Int("--batch", "The most rows per call of the model (default: chosen automatically). Results do not depend on it.", "ROWS", 1, 1_000_000);
        var output = new Option<string>("--out") { Description = "The output folder. An interrupted audit in it is continued (default: out/<time>).", HelpName = "DIR" };
        var junit = new Option<string>("--junit") { Description = "Also write the verdict as JUnit XML, for build servers.", HelpName = "F.xml" };
        var sarif = new Option<string>("--sarif") { Description = "Also write the verdict as SARIF 2.1.0, for code scanning.", HelpName = "F.sarif" };
        var json = new Option<bool>("--json") { Description = "Print the result document on standard output, and nothing else." };
        var quiet = new Option<bool>("--quiet") { Description = "Do not show progress." };
        var target = new TargetOptions(session.Terminal);
        var images = new ImageOptions(DatasetSplit.Test);
        var around = new OracleDecoratorOptions();
        var prior = new PriorOption();
        var part = new ShardOption();
        target.AddTo(command);
        images.AddTo(command);
        command.Add([norm, epsilons, budget, flagged, labelsOnly, require, seed, batch, prior.Option]);
        around.AddTo(command);
        target.AddRemoteTo(command);
        command.Add([part.Option, output, junit, sarif, json, quiet]);
        command.SetAction(parsed =>
        {
            Terminal terminal = session.Terminal;
            double[] radii = Radii(parsed.GetValue(epsilons) ?? throw new InputException("--epsilon is missing; give the radii of the balls, such as --epsilon 2/255,4/255,8/255."));
            if (around.ReplayFile(parsed) is not null)
            {
                throw new InputException("--replay is for a single attack, not for an audit; remove it.");
            }

            if (part.Of(parsed) is not null && parsed.FirstGiven(junit, sarif) is { } verdict)
            {
                throw new InputException($"{verdict.Name} tells the verdict on all images, which a shard does not know; give it to 'zo merge'.");
            }

            foreach (Option<string> file in new[] { junit, sarif })
            {
                if (parsed.GetValue(file) is { } path)
                {
                    ResultFolder.EnsureWritable(Path.GetDirectoryName(Path.GetFullPath(path))!, file.Name);
                }
            }

            ImageSet set = images.Load(parsed, target.File(parsed));
            OracleOptions decorators = around.Around(parsed);
            using IClassifier model = target.Open(parsed, ref set, images.Classes(parsed, target.File(parsed)), ref decorators, session.Cancellation, batch: target.IsRemote(parsed) ? parsed.GetValue(batch) : null);
            TargetOptions.ThrowIfLabels(model, parsed.GetValue(labelsOnly));
            CostMeter? cost = (model as RemoteClassifier)?.Cost;
            using OnnxPrior? opened = prior.Open(parsed, target.File(parsed));
            var options = new AuditOptions
            {
                Norm = parsed.GetValue(norm) ?? DistortionNorm.LInfinity,
                Epsilons = radii,
                Budget = parsed.GetValue(budget) ?? 5000,
                FlaggedCost = parsed.GetValue(flagged),
                LabelsOnly = parsed.GetValue(labelsOnly),
                Require = parsed.GetValue(require),
                Count = images.Count(parsed),
                Prior = opened,
                Seed = parsed.GetValue(seed) ?? 1,
                Scores = target.Scores(parsed) ?? model.Scores,
                BatchRows = target.IsRemote(parsed) ? null : parsed.GetValue(batch),
                Shard = part.Of(parsed),
            };
            string folder = options.Shard is { } shard ? ShardOption.Folder(shard, parsed.GetValue(output)) : parsed.GetValue(output) ?? AttackExecution.NewFolder();
            using var progress = new ProgressLine(terminal, !parsed.GetValue(quiet), new AttackOptions { Limits = new RunLimits { Budget = options.Budget, Iterations = int.MaxValue } }, cost);
            var audit = new AuditSession(model, set, options)
            {
                Folder = folder,
                Around = decorators,
                Command = (session with { Args = ShardOption.Without(session.Args) }).CommandText,
                Starting = parsed.GetValue(quiet) ? null : (epsilon, method, standing) => terminal.Error.WriteLine($"ε = {AuditFiles.Radius(options.Norm, epsilon)}: {method} on {standing} image{(standing == 1 ? "" : "s")}"),
                Time = session.Time,
            };
            AuditResult result = audit.Run(progress.Update, session.Cancellation);
            string why = audit.Interruption ?? cost?.Refusal?.TrimEnd('.') ?? "Interrupted";
            if ((model as RemoteClassifier)?.Summary is { } summary)
            {
                terminal.Note($"{summary}.");
            }

            if (opened is not null)
            {
                terminal.Note($"{PriorNotes.Of(opened.Origin)} {PriorOption.Note(opened, model.Info.Sha256)}");
            }

            if (result.Partial && options.Shard is not null)
            {
                terminal.Fail($"{why}; give the same command{Higher(cost)} to go on.");
                return Code(result);
            }

            Write(result, folder, parsed.GetValue(junit), parsed.GetValue(sarif));
            return Show(result, folder, parsed.GetValue(json), terminal, options.Shard, cost, why);
        });
        return command;
    }

    /// <summary>Writes the report of an audit, and its verdict for build servers and code scanning where it is asked for.</summary>
    public static void Write(AuditResult result, string folder, string? junit, string? sarif)
    {
        AuditReport.Write(result, folder);
        if (junit is not null)
        {
            AtomicFile.Write(junit, stream => AuditFiles.WriteJUnit(result, stream));
        }

        if (sarif is not null)
        {
            AtomicFile.Write(sarif, stream => AuditFiles.WriteSarif(result, stream));
        }
    }

    private static int Code(AuditResult partial) => partial.Failure is null ? ExitCode.Interrupted : ExitCode.OracleFailed;

    private static string Higher(CostMeter? cost) => cost?.Refusal is null ? "" : " and a higher --max-cost";

    private static double[] Radii(string list)
    {
        string[] texts = list.Split(',', StringSplitOptions.TrimEntries);
        return
        [
            .. texts.Select(text => Numbers.TryFraction(text, out double value)
                ? value : throw new InputException($"--epsilon has '{text}'; give numbers above 0 or fractions such as 8/255, separated by commas.")),
        ];
    }

    /// <summary>Prints an audit. Only the audit of all images meets a requirement or does not.</summary>
    public static int Show(AuditResult result, string folder, bool json, Terminal terminal, Shard? shard = null, CostMeter? cost = null, string why = "Interrupted")
    {
        result.Warnings.ToList().ForEach(terminal.Warn);
        if (json)
        {
            using var text = new MemoryStream();
            result.WriteTo(text);
            terminal.Output.Write(System.Text.Encoding.UTF8.GetString(text.ToArray()));
        }
        else
        {
            WriteTable(result, terminal);
            terminal.Output.WriteLine($"Report:  {Path.Combine(folder, "report.html")}");
            terminal.Output.WriteLine($"Results: {AuditSession.ResultFile(folder)}, the runs beside it");
            if (result.Cost is { } spent)
            {
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Cost:    {spent:0.######}"));
            }
        }

        if (result.Partial)
        {
            terminal.Fail($"{why}; partial results are in {folder}; give the same command with --out {folder}{Higher(cost)} to go on.");
            return Code(result);
        }

        if (shard is not null)
        {
            terminal.Note($"This is shard {shard}; 'zo merge' makes the whole audit of all shards.");
        }
        else if (result.Passed == false)
        {
            terminal.Fail($"The requirement is not met: {AuditFiles.Sentence(result, result.Levels[^1])}");
            return ExitCode.NotMet;
        }

        return ExitCode.Done;
    }

    private static void WriteTable(AuditResult result, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        if (result.CleanAccuracy is { } clean)
        {
            output.WriteLine($"Without any change {Share(clean)} of the images are right.");
        }

        bool flags = result.FlaggedCost is not null;
        var table = new TextTable(["ε", "stay right", "95 %", "queries", .. flags ? ["of these\nflagged"] : Array.Empty<string>(), "fell to"]);
        foreach (AuditLevel level in result.Levels)
        {
            table.Add(
            [
                AuditFiles.Radius(result.Norm, level.Epsilon),
                string.Create(CultureInfo.InvariantCulture, $"{level.RobustAccuracy.Rate * 100:0.#} %"),
                string.Create(CultureInfo.InvariantCulture, $"{level.RobustAccuracy.Interval95.Low * 100:0}–{level.RobustAccuracy.Interval95.High * 100:0} %"),
                string.Create(CultureInfo.InvariantCulture, $"{level.Stages.Sum(stage => stage.Queries):N0}"),
                .. flags ? [string.Create(CultureInfo.InvariantCulture, $"{level.Stages.Sum(stage => stage.FlaggedQueries ?? 0):N0}")] : Array.Empty<string>(),
                string.Join(", ", level.Stages.Where(stage => stage.Fell > 0).Select(stage => $"{stage.Method} {stage.Fell}")) is { Length: > 0 } fell ? fell : "–",
            ]);
        }

        table.WriteTo(output, terminal.OutputWidth);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"(In the {result.Norm.Symbol()} ball of each ε, within {result.Budget:N0} queries per image, of {(result.Levels.Count > 0 ? result.Levels[^1].RobustAccuracy.Of : 0)} images."));
        output.WriteLine("An upper bound: other methods or more queries may fell more.)");
    }

    private static string Share(AuditShare share) => string.Create(CultureInfo.InvariantCulture, $"{share.Rate * 100:0.#} % ({share.Right} of {share.Of})");
}
