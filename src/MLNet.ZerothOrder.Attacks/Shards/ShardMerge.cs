using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// Makes the result of a whole run of the results of its shards: what one machine would have written, byte for byte, but for times. Shards that do not belong together, are unfinished, missing or there
/// twice are refused, and nothing of them is changed.
/// </summary>
public sealed class ShardMerge
{
    private const int MostNamed = 10;

    private readonly Part[] _parts;

    private ShardMerge(Part[] parts) => _parts = parts;

    /// <summary>What the shards ran: <c>attack</c>, <c>compare</c> or <c>audit</c>.</summary>
    public string Kind => _parts[0].Record.Kind;

    /// <summary>Reads the shards in output folders of runs, or in folders of single shards, and checks that they are all the shards of one run.</summary>
    /// <exception cref="InputException">A folder holds no shard; the shards are not of one run; one is unfinished, missing or there twice.</exception>
    public static ShardMerge Of(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        Part[] parts = [.. folders.SelectMany(Parts).OrderBy(part => part.Record.Number)];
        foreach (Part part in parts)
        {
            ShardRecord first = parts[0].Record, record = part.Record;
            if (record.Count != first.Count)
            {
                throw new InputException($"{parts[0].Folder} is shard {first.Number}/{first.Count}, and {part.Folder} is shard {record.Number}/{record.Count}, of a run that was cut otherwise; give the shards of one run.");
            }

            if (record.DifferencesTo(first) is { Length: > 0 } differences)
            {
                throw new InputException($"{part.Folder} is a shard of another run than {parts[0].Folder} ({differences}); give the shards of one run.");
            }
        }

        if (parts.CountBy(part => part.Record.Number).FirstOrDefault(pair => pair.Value > 1) is { Value: > 1, Key: var twice })
        {
            throw new InputException($"Shard {twice}/{parts[0].Record.Count} is there twice, in {string.Join(" and ", parts.Where(part => part.Record.Number == twice).Take(2).Select(part => part.Folder))}; give one of them.");
        }

        Parallel.ForEach(parts, part => part.Read());
        if (parts.FirstOrDefault(part => !part.IsFinished) is { } unfinished)
        {
            throw new InputException($"Shard {unfinished.Record.Number}/{unfinished.Record.Count} in {unfinished.Folder} is unfinished; give its command again, which resumes it, and merge then.");
        }

        int[] missing = [.. Enumerable.Range(1, parts[0].Record.Count).Except(parts.Select(part => part.Record.Number))];
        return missing.Length == 0 ? new ShardMerge(parts)
            : throw new InputException(
                $"{(missing.Length == 1 ? "Shard" : "Shards")} {string.Join(", ", missing.Take(MostNamed))}{(missing.Length > MostNamed ? ", …" : "")} of {parts[0].Record.Count} {(missing.Length == 1 ? "is" : "are")} missing; run {(missing.Length == 1 ? "it" : "them")} (--shard {missing[0]}/{parts[0].Record.Count}{(missing.Length > 1 ? ", …" : "")}), or name {(missing.Length == 1 ? "its folder" : "their folders")} too.");
    }

    /// <summary>The progress of the shards in output folders: how many of the run's shards are finished, and how many have started.</summary>
    /// <returns>Null without any shard.</returns>
    public static (int Count, IReadOnlyList<int> Finished, IReadOnlyList<int> Started)? Progress(string folder)
    {
        Part[] parts = [.. Directory.Exists(Shard.FolderOfAll(folder)) ? Parts(folder) : []];
        return parts.Length == 0 ? null
            : (parts[0].Record.Count, [.. parts.Where(part => part.IsFinished).Select(part => part.Record.Number).Order()], [.. parts.Where(part => !part.IsFinished).Select(part => part.Record.Number).Order()]);
    }

    /// <summary>The queries of the images of all shards so far, as far as they are in results and checkpoints.</summary>
    public static long Queries(string folder)
    {
        string all = Shard.FolderOfAll(folder);
        return !Directory.Exists(all) ? 0
            : Directory.GetDirectories(all).SelectMany(shard => Directory.GetDirectories(shard).Prepend(shard)).Sum(run =>
                AttackSession.IsInterrupted(run) ? Checkpoint(run) : AttackResult.ReadFinished(run)?.Runs.Sum(made => made.Summary.TotalQueries) ?? 0);

        // A run that ends just now removes its checkpoint.
        static long Checkpoint(string run)
        {
            try
            {
                return AttackSession.Interrupted(run)?.Queries ?? 0;
            }
            catch (InputException)
            {
                return 0;
            }
        }
    }

    /// <summary>Merges the shards of an attack or a comparison.</summary>
    /// <param name="folder">The folder for <c>result.json</c>, its pictures, and <c>shards.json</c>, which tells what was merged.</param>
    /// <exception cref="InputException">The shards contradict each other, or the folder cannot be written.</exception>
    public AttackResult MergeAttack(string folder)
    {
        ThrowIfRunning(folder);
        AttackResult result = Merge(_parts, folder);
        Write(folder, [.. _parts.Select(part => new MergedShards.Part(
            $"{part.Record.Number}/{part.Record.Count}", part.Folder, part.Record.Machine, part.Record.Images.Count,
            part.Attack.OverheadQueries + part.Attack.ResentQueries + part.Attack.RetriedQueries + part.Attack.CheckQueries + part.Attack.Runs.Sum(run => run.Summary.TotalQueries), part.Attack.Timing.Seconds))]);
        return result;
    }

    /// <summary>Merges the shards of an audit, and the runs of its methods.</summary>
    /// <param name="folder">The folder for <c>audit.json</c>, the folders of the runs, and <c>shards.json</c>.</param>
    /// <exception cref="InputException">The shards contradict each other, or the folder cannot be written.</exception>
    public AuditResult MergeAudit(string folder)
    {
        ThrowIfRunning(folder);
        AuditResult[] audits = [.. _parts.Select(part => part.Audit)];
        AuditResult first = audits[0];
        AttackResult? clean = null;
        var assembly = new AuditAssembly(
            first with { Partial = true, Command = _parts[0].Record.Command, Warnings = [], Levels = [], OverheadQueries = 0, Seconds = 0, CleanAccuracy = null },
            [.. first.Levels.Select(level => level.Epsilon)], [.. first.Methods.Select(method => (method.Name, (long)Math.Round(method.Share * first.Budget)))],
            isUnlabelled: first.CleanAccuracy is null, image => image.Index)
        {
            NamesFolders = true,
            Write = result => AtomicFile.Write(AuditSession.ResultFile(folder), result.WriteTo),
            Cost = () => Sum(audits.Select(audit => audit.Cost)),
            Seconds = () => audits.Sum(audit => audit.Seconds),
        };
        AuditResult merged = assembly.Run(stage =>
        {
            // A shard whose images have all fallen has no run of the later methods.
            Part[] runs = [.. _parts.Select(part => Path.Combine(part.Folder, stage.Folder!)).Where(Directory.Exists).SelectMany(One)];
            AttackResult run = Merge(runs, Path.Combine(folder, stage.Folder!));
            clean ??= run;
            return run;
        });
        Write(folder, [.. _parts.Select((part, i) => new MergedShards.Part(
            $"{part.Record.Number}/{part.Record.Count}", part.Folder, part.Record.Machine, audits[i].Levels.Select(level => level.Images.Count).FirstOrDefault(),
            audits[i].OverheadQueries + audits[i].Levels.SelectMany(level => level.Stages).Sum(stage => stage.Queries), audits[i].Seconds))]);
        return merged;
    }

    private static AttackResult Merge(Part[] parts, string folder)
    {
        AttackResult first = parts[0].Attack;
        ScoreKind scores = ScoreKinds.Of(first.Model.Output);
        foreach (Part part in parts)
        {
            ThrowIfContradicts(part, parts[0]);
        }

        var files = ResultFolder.Create(folder);
        AttackRun[] runs =
        [
            .. first.Runs.Select((run, r) =>
            {
                (ImageResult Image, string Folder)[] images = [.. parts.SelectMany(part => Placed(part, r)).OrderBy(image => image.Image.Index).ThenBy(image => image.Image.Trial)];
                IReadOnlyList<ImageResult> copied = files.CopyImages(parts[0].Record.SubFolders.ElementAtOrDefault(r), images);
                return run with { Images = copied, Summary = AttackStatistics.From(copied), Comparison = null };
            }),
        ];
        (string Optimizer, IReadOnlyList<ImageResult> Images)[] compared = [.. runs.Where(run => parts[0].Record.References.Contains(run.Optimizer)).Select(run => (run.Optimizer, run.Images))];
        double seconds = parts.Sum(part => part.Attack.Timing.Seconds);
        AttackResult result = first with
        {
            Command = parts[0].Record.Command,
            Warnings = [.. runs.SelectMany(run => RunWarnings.Of(run, scores)), .. parts.SelectMany(part => part.Record.Warnings).Distinct()],
            OverheadQueries = parts[0].Record.SharedQueries + parts.Sum(part => part.Record.OwnQueries),
            ResentQueries = parts.Sum(part => part.Attack.ResentQueries),
            RetriedQueries = parts.Sum(part => part.Attack.RetriedQueries),
            CheckQueries = parts.Sum(part => part.Attack.CheckQueries),
            Cost = Sum(parts.Select(part => part.Attack.Cost)),
            CachedQueries = parts.Sum(part => part.Attack.CachedQueries),
            Skipped = [.. parts.SelectMany(part => part.Attack.Skipped.Zip(part.Record.Skipped, (image, place) => image with { Index = place })).OrderBy(image => image.Index)],
            Runs = [.. runs.Select(run => run with { Comparison = RunComparison.From(run.Images, compared) })],
            Timing = new AttackTiming(seconds, parts.Sum(part => part.Attack.Timing.OracleSeconds), seconds > 0 ? runs.Sum(run => run.Summary.TotalQueries) / seconds : 0),
            Scores = scores,
        };
        files.Write(result);
        return result;

        IEnumerable<(ImageResult Image, string Folder)> Placed(Part part, int r)
        {
            int rows = part.Attack.Runs[r].Settings.Directions + 1;
            return part.Attack.Runs[r].Images.Select((image, i) => (image with
            {
                Index = part.Record.Images[i],
                IterationsToFirstSuccess = image.Success && image.QueriesToFirstSuccess is { } queries ? (int)((queries - 1) / ((long)part.Record.AnswersPerRow * rows)) : null,
            }, part.Folder));
        }
    }

    private static void ThrowIfContradicts(Part part, Part first)
    {
        AttackResult own = part.Attack, other = first.Attack;
        string? what = own.Model.Output != other.Model.Output ? $"its scores were taken for {own.Model.Output}, not {other.Model.Output}; state them with --scores, and run the shards again"
            : own.Runs.Count != other.Runs.Count || own.Runs.Where((run, r) => run.Settings with { File = null } != other.Runs[r].Settings with { File = null }).Any()
                ? "its run has other settings, which the machines may have chosen differently; run the shards on machines of one kind, or give --smoothing"
            : own.Runs.Any(run => run.Images.Count != part.Record.Images.Count) || own.Skipped.Count != part.Record.Skipped.Count
                ? "its files do not belong together; remove its folder, and run the shard again" : null;
        if (what is not null)
        {
            throw new InputException($"The shard in {part.Folder} cannot be merged with that in {first.Folder}: {what}.");
        }
    }

    private static decimal? Sum(IEnumerable<decimal?> costs) => costs.Aggregate((decimal?)null, (sum, cost) => cost is null ? sum : (sum ?? 0) + cost);

    private static void ThrowIfRunning(string folder)
    {
        if (AttackSession.IsInterrupted(folder))
        {
            throw new InputException($"{folder} holds a run that was interrupted; resume it, or name another folder.") { Argument = nameof(AttackSession.Folder) };
        }
    }

    private static void Write(string folder, IReadOnlyList<MergedShards.Part> parts) => AtomicFile.Write(
        Path.Combine(folder, "shards.json"), stream => JsonSerializer.Serialize(stream, new MergedShards("zo", parts), ResultJson.Readable.MergedShards));

    private static IEnumerable<Part> Parts(string folder)
    {
        string all = Shard.FolderOfAll(folder);
        Part[] parts = Directory.Exists(all) ? [.. Directory.GetDirectories(all).Order(StringComparer.Ordinal).SelectMany(One)] : [.. One(folder)];
        return parts.Length > 0 ? parts : throw new InputException($"{folder} holds no shards; give the --out of a run with --shard, or the folder of a shard.");
    }

    private static IEnumerable<Part> One(string folder)
    {
        ShardRecord? record = Directory.Exists(folder) ? ShardRecord.In(folder) : null;
        return record is null ? [] : [new Part(folder, record)];
    }

    /// <summary>A shard on disk. Its result is read when it is needed.</summary>
    private sealed record Part(string Folder, ShardRecord Record)
    {
        private readonly Lazy<AttackResult?> _attack = new(() => AttackSession.IsInterrupted(Folder) ? null : AttackResult.ReadFinished(Folder));
        private readonly Lazy<AuditResult?> _audit = new(() => AuditResult.ReadFinished(Folder));

        public bool IsFinished => Record.Kind == "audit" ? _audit.Value is not null : _attack.Value is not null;

        // Reads ahead. What cannot be read is told where it is needed.
        public void Read()
        {
            try
            {
                _ = IsFinished;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }

        public AttackResult Attack => _attack.Value ?? throw Damaged();

        public AuditResult Audit => _audit.Value ?? throw Damaged();

        private InputException Damaged() => new($"The result of the shard in {Folder} is missing or damaged; remove the folder, and give the shard's command again.");
    }
}
