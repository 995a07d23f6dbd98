using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// An experiment of “Learning to Learn by Zeroth-Order Oracle”, or one beyond it. It runs the optimizers, draws the figure or table, and
/// compares the paper's claims, or this project's goals, with measurements.
/// </summary>
public sealed class Experiment
{
    private static readonly LabJson Json = new(new JsonSerializerOptions(LabJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private const string Beyond = "Beyond the paper";

    private readonly Func<ExperimentContext, Findings> _run;

    private Experiment(
        string name, string figure, string summary, Func<ExperimentContext, Findings> run, IReadOnlyList<Amount>? images = null, IReadOnlyList<Amount>? trials = null,
        bool takesOptimizers = false, bool readsData = true, bool takesShards = true, bool takesMethods = false)
    {
        (Name, Figure, Summary, _run) = (name, figure, summary, run);
        (Images, Trials, TakesOptimizers, ReadsData, TakesShards, TakesMethods) = (images ?? [], trials ?? [], takesOptimizers, readsData, takesShards, takesMethods);
    }

    /// <summary>All experiments: the paper's, in its order, and those beyond it.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new("mnist-attack", "Figures 2a–c and 5", "attack losses on MNIST, image by image and averaged",
            context => AttackExperiment.Run(context, context.Mnist()), [new(100, 10)], [new(10, 1)], takesOptimizers: true),
        new("cifar10-attack", "Figures 2d–f and 6", "attack losses on CIFAR-10, also of the optimizer fine-tuned from MNIST",
            context => AttackExperiment.Run(context, context.Cifar10()), [new(100, 2)], [new(1, 1)], takesOptimizers: true),
        new("binary-classification", "Figure 3", "stochastic binary classification: curves, effects of q, b and d, transfer from MNIST",
            BinaryExperiment.Run, trials: [new(10, 1)], takesOptimizers: true, readsData: false),
        new("ablation", "Figures 4a–c and 7", "what UpdateRNN and QueryRNN contribute, on all three tasks",
            AblationExperiment.Run, [new(100, 8, "MNIST"), new(100, 1, "CIFAR-10")], [new(10, 1, "MNIST"), new(1, 1, "CIFAR-10"), new(10, 1, "binary classification")], takesOptimizers: true),
        new("cosine", "Figure 4d", "cosine of the estimate with the true gradient against q, with and without QueryRNN", CosineExperiment.Run, [new(20, 2)], takesShards: false),
        new("trajectory", "Figure 4e", "one coordinate over time: deviation, estimate and update, and what ZO-SGD and ZO-ADAM would have done", TrajectoryExperiment.Run, takesShards: false),
        new("dimension", "Figure 8", "iterations to the first success against the problem's dimension, with and without QueryRNN",
            DimensionExperiment.Run, [new(100, 10)], [new(1, 1)], takesOptimizers: true),
        new("deviation-map", "Figure 9", "final perturbations with and without QueryRNN beside the mean predicted deviation", DeviationMapExperiment.Run, [new(8, 2)], takesShards: false),
        new("panels", "Table 1", "adversarial examples of each optimizer at increasing iterations", PanelsExperiment.Run, takesOptimizers: true, takesShards: false),
        new("mnist-balls", Beyond, "every attack method in ℓ∞ and ℓ2 balls on MNIST, success and queries within 100, 500 and 2,500",
            context => BallExperiment.Run(context, context.Mnist(), BallExperiment.OnMnist), [new(200, 2)], [new(3, 1)], takesOptimizers: true, takesMethods: true),
        new("cifar10-balls", Beyond, "every attack method in ℓ∞ and ℓ2 balls on CIFAR-10, success and queries within 100, 500 and 2,500",
            context => BallExperiment.Run(context, context.Cifar10(), BallExperiment.OnCifar10), [new(200, 1)], [new(3, 1)], takesOptimizers: true, takesMethods: true),
    ];

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The figure or table of the paper.</summary>
    public string Figure { get; }

    /// <summary>The content of the figure, in one line.</summary>
    public string Summary { get; }

    /// <summary>The default number of images of each task; empty if <see cref="ExperimentOptions.Images"/> is ignored.</summary>
    public IReadOnlyList<Amount> Images { get; }

    /// <summary>The default number of trials of each task; empty if <see cref="ExperimentOptions.Trials"/> is ignored.</summary>
    public IReadOnlyList<Amount> Trials { get; }

    /// <summary>Whether it also runs the optimizers of <see cref="ExperimentOptions.With"/>.</summary>
    public bool TakesOptimizers { get; }

    /// <summary>Whether it makes only the runs of <see cref="ExperimentOptions.Methods"/>, if they are given.</summary>
    public bool TakesMethods { get; }

    /// <summary>Whether it reads a data set.</summary>
    public bool ReadsData { get; }

    /// <summary>Whether it consists of stored runs, which shards can make.</summary>
    public bool TakesShards { get; }

    /// <summary>
    /// Runs the experiment and writes <c>experiment.json</c>, <c>traces.csv</c>, <c>report.html</c> and <c>figures/</c> to its folder. Finished runs are
    /// stored, so a cancelled experiment resumes if it is run again.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Called with the progress; null for none.</param>
    /// <param name="cancellation">Cancels the experiment; the result is then partial.</param>
    /// <exception cref="InputException">A folder cannot be written, a data set, a model or an optimizer is missing, or another process uses the folder. An earlier result in the folder is kept.</exception>
    public ExperimentResult Run(ExperimentOptions options, Action<ExperimentProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Shard is not null)
        {
            return RunShard(options, options.Shard, progress, cancellation);
        }

        ResultFolder.EnsureWritable(options.Folder);
        ResultFolder.EnsureWritable(options.Runs, nameof(options.Runs));
        foreach (string name in (options.With ?? []).Concat(options.Methods ?? []))
        {
            OptimizerName.Parse(name);
        }

        RunLock running = RunLock.Take(Path.Combine(options.Folder, "run.lock"), options.Folder);
        try
        {
            using var context = new ExperimentContext(this, options, progress, cancellation);
            return Run(context, options);
        }
        finally
        {
            running.Remove();
        }
    }

    // Shards share the store only: the figures need the runs of all.
    private ExperimentResult RunShard(ExperimentOptions options, Shard shard, Action<ExperimentProgress>? progress, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        ResultFolder.EnsureWritable(options.Runs, nameof(options.Runs));
        using var context = new ExperimentContext(this, options, progress, cancellation);
        bool partial = false;
        try
        {
            _run(context);
        }
        catch (OperationCanceledException)
        {
            partial = true;
        }

        return !partial && context.Store.Shared < shard.Count
            ? throw new InputException($"{shard.Count} shards are more than the {context.Store.Shared} runs of the experiment; take at most one for each run.") { Argument = nameof(Shard) }
            : new ExperimentResult(
                Name, Figure, options.Command, partial, options.Quick, options.Seed, On: null, [], TracesSha256: null, context.Queries, context.Store.Found, context.Store.Made,
                Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private ExperimentResult Run(ExperimentContext context, ExperimentOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        string summary = Path.Combine(options.Folder, "experiment.json");
        byte[]? before = File.Exists(summary) ? File.ReadAllBytes(summary) : null;
        var result = new ExperimentResult(Name, Figure, options.Command, Partial: true, options.Quick, options.Seed, On: null, [], TracesSha256: null, 0, 0, 0, 0);
        Write(summary, ToJson(result));
        ExperimentResult Counted() => result with
        {
            Queries = context.Queries,
            RunsFound = context.Store.Found,
            RunsMade = context.Store.Made,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
        try
        {
            Findings findings = _run(context);
            byte[] traces = findings.Traces.ToBytes();
            result = Counted() with { Partial = false, On = findings.On, Claims = findings.Claims, TracesSha256 = Convert.ToHexStringLower(SHA256.HashData(traces)) };
            WriteFiles(options, findings, traces, ToJson(result));
        }
        catch (OperationCanceledException)
        {
            result = Counted();
        }
        catch (InputException)
        {
            // The input was refused, so the earlier result is restored.
            if (before is null)
            {
                File.Delete(summary);
            }
            else
            {
                Write(summary, before);
            }

            throw;
        }

        Write(summary, ToJson(result));
        return result;
    }

    private void WriteFiles(ExperimentOptions options, Findings findings, byte[] traces, byte[] summary)
    {
        Write(Path.Combine(options.Folder, "traces.csv"), traces);
        string version = typeof(Experiment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var report = new Report(
            $"{Figure}: {Name}",
            [
                new FactsBlock([new Fact("On", findings.On), new Fact("Seed", options.Seed.ToString(CultureInfo.InvariantCulture)), new Fact("Made by", $"zo {version}")]),
                .. findings.Blocks,
                new TableBlock(
                    Figure == Beyond ? "Our goals, and our measurements" : "The paper's claims, and our measurements",
                    [Figure == Beyond ? "goal" : "the paper", "here", ""],
                    [.. findings.Claims.Select(claim => (IReadOnlyList<TableCell>)[new TableCell(claim.Paper), new TableCell(claim.Measured), new TableCell(claim.Verdict)])]),
                .. options.Command is { } command ? [new CommandBlock(command)] : Array.Empty<ReportBlock>(),
                new DownloadsBlock([new Download("traces.csv", "all values of the figures", traces), new Download("experiment.json", "claims, settings and hashes", summary)]),
            ])
        {
            Lead = $"{(Figure == Beyond ? Beyond : $"“Learning to Learn by Zeroth-Order Oracle”, {Figure}")}: {Summary}.",
            Warnings = options.Quick ? ["A quick run, with fewer images and trials than a full one."] : [],
        };
        AtomicFile.Write(Path.Combine(options.Folder, "report.html"), report.WriteTo);
        string figures = Path.Combine(options.Folder, "figures");
        if (report.Charts.Any() && ReportFigures.Write(report, figures) is { } why)
        {
            options.Note?.Invoke(why);
        }

        foreach (GalleryBlock gallery in findings.Blocks.OfType<GalleryBlock>())
        {
            Directory.CreateDirectory(figures);
            Png.Write(Path.Combine(figures, $"{Name}.png"), PictureSheet.Of(gallery));
        }
    }

    private static byte[] ToJson(ExperimentResult result) => [.. JsonSerializer.SerializeToUtf8Bytes(result, Json.ExperimentResult), (byte)'\n'];

    private static void Write(string path, byte[] content) => AtomicFile.Write(path, stream => stream.Write(content));
}
