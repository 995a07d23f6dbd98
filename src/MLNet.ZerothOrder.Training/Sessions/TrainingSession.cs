using System.Diagnostics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// A whole training run: an <see cref="OptimizerTraining"/> with the file of the optimizer, a lock on it, a checkpoint beside it from which an
/// interrupted training is resumed with the same bytes as result, and a result file.
/// </summary>
/// <remarks>
/// Beside <c>F.onnx</c> it writes <c>F.training.json</c>, and while the training is unfinished <c>F.onnx.checkpoint</c> and
/// <c>F.onnx.lock</c>.
/// </remarks>
/// <param name="training">The training.</param>
/// <param name="path">The file of the optimizer. An existing optimizer is replaced; any other existing file is refused.</param>
/// <param name="trainedOn">What the optimizer is trained on, as text for its file.</param>
public sealed class TrainingSession(OptimizerTraining training, string path, string trainedOn)
{
    private readonly string _checkpoint = CheckpointOf(path);

    /// <summary>What determines the training besides its own options, such as the model and the images.</summary>
    public RunIdentity About { get; init; } = [];

    /// <summary>Whether an interrupted training is resumed; if not, its checkpoint is refused (default: true).</summary>
    public bool Resume { get; init; } = true;

    /// <summary>The command line in the result; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>The name of the backend in the result.</summary>
    public string? Backend { get; init; }

    /// <summary>Why the last run's result is partial, in one sentence; null if it is complete.</summary>
    public string? Interruption { get; private set; }

    /// <summary>Whether there is a checkpoint of an interrupted training beside the file of an optimizer.</summary>
    public static bool IsInterrupted(string path) => File.Exists(CheckpointOf(path));

    /// <summary>Throws if an optimizer cannot be written to a path, or if an interrupted training may not be resumed.</summary>
    /// <exception cref="InputException">The path is a folder, holds something else than a learned optimizer or an interrupted training, or cannot be written.</exception>
    public static void ThrowIfUnusable(string path, bool resume) => ThrowIfUnusable(path, resume, OptimizerFile.IsOptimizer, "learned optimizer");

    /// <summary>As <see cref="ThrowIfUnusable(string, bool)"/>, for another kind of file.</summary>
    internal static void ThrowIfUnusable(string path, bool resume, Func<string, bool> isOne, string kind)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path} is a folder; name a file, such as {Path.Combine(path, $"{kind.Split(' ')[^1]}.onnx")}.") { Argument = nameof(AttackSession.Folder) };
        }

        if (File.Exists(path) && !Is(path, isOne))
        {
            throw new InputException($"{path} is there and is no {kind}; name another file, so that it is not lost.") { Argument = nameof(AttackSession.Folder) };
        }

        if (Path.Exists(CheckpointOf(path)) && !resume)
        {
            throw new InputException($"{CheckpointOf(path)} was left by an interrupted training; resume it, or delete the file to begin anew.") { Argument = nameof(AttackSession.Resume) };
        }

        ResultFolder.EnsureWritable(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Trains, or resumes an interrupted training.</summary>
    /// <param name="progress">Called after every validation with the stage's name and its progress.</param>
    /// <param name="cancellation">Interrupts the training. The best optimizer so far and a partial result are written, and the result is returned.</param>
    /// <exception cref="InputException">The path cannot be used, another training uses it, or the checkpoint belongs to another training.</exception>
    /// <exception cref="OracleException">The oracle failed before the first validation; a later failure is in <see cref="Interruption"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the first validation.</exception>
    public TrainingResult Run(Action<string, TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ThrowIfUnusable(path, Resume);
        var identity = training.Identity;
        foreach ((string name, string value) in About)
        {
            identity[name] = value;
        }

        RunLock running = RunLock.Take(path + ".lock", path);
        try
        {
            long start = Stopwatch.GetTimestamp();
            StageCheckpoint? resume = File.Exists(_checkpoint) ? StageCheckpoint.Read(_checkpoint, identity) : null;
            try
            {
                LearnedModel model = training.Run(progress, state => state.Write(_checkpoint, identity), resume, cancellation);
                TrainingResult result = Write(model, identity, partial: false, start);
                File.Delete(_checkpoint);
                Interruption = null;
                return result;
            }
            catch (Exception e) when (e is OperationCanceledException or OracleException && training.Best is not null)
            {
                Interruption = e is OracleException ? e.Message.TrimEnd('.') : "Interrupted";
                return Write(training.Best!, identity, partial: true, start) with { Failure = e as OracleException };
            }
        }
        finally
        {
            running.Remove();
        }
    }

    private TrainingResult Write(LearnedModel model, RunIdentity identity, bool partial, long start)
    {
        string told = $"{trainedOn}; {identity["problems"]} problems of {identity["horizon"]} steps, {identity["meta-gradient"]}, {identity["objective"].ToLowerInvariant()} objective";
        model = model with { TrainedOn = told[..Math.Min(told.Length, LearnedModel.MaxTrainedOn)] };
        OptimizerFile.Write(path, model);
        var result = new TrainingResult
        {
            Command = Command,
            Partial = partial,
            Options = identity,
            TrainedOn = model.TrainedOn,
            Points = [.. training.Validations.Select(TrainingPoint.From)],
            Queries = training.Queries,
            ValidationQueries = training.ValidationQueries,
            SuppliedGradients = training.SuppliedGradients,
            Backend = Backend,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            ValidationLoss = model.ValidationLoss,
            File = path,
            Sha256 = OptimizerFile.Describe(path).Sha256,
        };
        AtomicFile.Write(Path.ChangeExtension(path, ".training.json"), result.WriteTo);
        return result;
    }

    private static string CheckpointOf(string path) => path + ".checkpoint";

    private static bool Is(string path, Func<string, bool> isOne)
    {
        try
        {
            return isOne(path);
        }
        catch (InputException)
        {
            return false;
        }
    }
}
