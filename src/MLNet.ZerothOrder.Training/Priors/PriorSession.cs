using System.Diagnostics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// A <see cref="PriorTraining"/> with the file of the prior, a lock on it, a checkpoint beside it that keeps the answers and from which an interrupted training is resumed with the
/// same bytes as result, and a result file <c>F.training.json</c>.
/// </summary>
/// <param name="training">The training.</param>
/// <param name="path">The file of the prior. An existing prior is replaced; any other existing file is refused.</param>
/// <param name="about">What the file says about the classifier and the images. Its queries, seed and agreement are those of the training.</param>
public sealed class PriorSession(PriorTraining training, string path, PriorInfo about)
{
    private readonly string _checkpoint = path + ".checkpoint";

    /// <summary>What determines the training besides its own options, such as the model and the images.</summary>
    public RunIdentity About { get; init; } = [];

    /// <summary>Whether an interrupted training is resumed; if not, its checkpoint is refused (default: true).</summary>
    public bool Resume { get; init; } = true;

    /// <summary>The command line in the result; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>Throws if a prior cannot be written to a path, or if an interrupted training may not be resumed.</summary>
    /// <exception cref="InputException">The path is a folder, holds something else than a prior or an interrupted training, or cannot be written.</exception>
    public static void ThrowIfUnusable(string path, bool resume) => TrainingSession.ThrowIfUnusable(path, resume, PriorFile.IsPrior, "prior");

    /// <summary>Asks and learns, or resumes an interrupted training.</summary>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Interrupts the training. After the first epoch, the best prior so far and a partial result are written, and the result is returned.</param>
    /// <exception cref="InputException">The path cannot be used, another training uses it, or the checkpoint belongs to another training.</exception>
    /// <exception cref="OracleException">The classifier failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the end of the first epoch.</exception>
    public PriorResult Run(Action<PriorPoint>? progress = null, CancellationToken cancellation = default)
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
            PriorState? resume = File.Exists(_checkpoint) ? PriorState.Read(_checkpoint, identity) : null;
            bool partial = false;
            try
            {
                training.Run(progress, state => state.Write(_checkpoint, identity), resume, cancellation);
            }
            catch (OperationCanceledException) when (training.Points.Count > 0)
            {
                partial = true;
            }

            PriorFile.Write(path, training.Network, training.Learned, about with
            {
                Queries = training.Queries,
                LabelsOnly = training.Options.LabelsOnly,
                Seed = training.Options.Seed,
                Agreement = training.Points.Last(point => point.IsBest).Agreement,
            });
            var result = new PriorResult
            {
                Command = Command,
                Partial = partial,
                Options = identity,
                TrainedOn = about.TrainedOn,
                Points = training.Points,
                Queries = training.Queries,
                Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
                File = path,
                Sha256 = PriorFile.Describe(path).Sha256,
            };
            AtomicFile.Write(Path.ChangeExtension(path, ".training.json"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(result.ToJson() + "\n")));
            if (!partial)
            {
                File.Delete(_checkpoint);
            }

            return result;
        }
        finally
        {
            running.Remove();
        }
    }
}
