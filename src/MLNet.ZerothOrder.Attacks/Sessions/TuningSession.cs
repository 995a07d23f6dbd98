using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Finds the settings of hand-designed optimizers with the lowest mean final loss on some images (<see cref="GridTuner"/>), and saves
/// them in a settings file. The file is written after each optimizer, so that an interruption loses at most one optimizer.
/// </summary>
/// <param name="oracle">The classifier. The caller disposes it.</param>
/// <param name="images">Training images, so that test images stay unseen.</param>
/// <param name="path">The settings file. Settings in it of optimizers that are not tuned are kept.</param>
/// <param name="options">The attack to tune for. If it has no μ, μ is measured once.</param>
public sealed class TuningSession(OnnxClassifierOracle oracle, ImageSet images, string path, AttackOptions? options = null)
{
    private readonly OptimizerRegistry _registry = new();

    /// <summary>The optimizers to tune: names, or <c>NAME:antithetic</c> for two-sided differences (default: all, one-sided).</summary>
    public IReadOnlyList<string> Optimizers { get; init; } = [.. new OptimizerRegistry().Names];

    /// <summary>q: directions per step (default: 20).</summary>
    public int Directions { get; init; } = NamedOptimizer.DefaultDirections;

    /// <summary>Called with each tried settings, the optimizer's name and the mean final loss.</summary>
    public Action<string, OptimizerSettings, double>? Tried { get; init; }

    /// <summary>Called with a sentence about an optimizer whose best settings are no better than not moving.</summary>
    public Action<string>? Note { get; init; }

    /// <summary>Tunes the optimizers one after the other.</summary>
    /// <returns>The content of the settings file.</returns>
    /// <exception cref="InputException">A name is not that of a hand-designed optimizer, the images do not fit, or the file cannot be written or belongs to another model.</exception>
    /// <exception cref="OracleException">The classifier failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished optimizers are in the file.</exception>
    public SettingsFile Run(CancellationToken cancellation = default)
    {
        AttackOptions attack = (options ?? new AttackOptions()) with { FailedCalls = 0, Levels = null };
        if (attack.Loss.BisectionRounds is not null)
        {
            throw new InputException("Settings are compared by the loss at one c, so tuning has no bisection of c; give a number, or none.") { Argument = nameof(AttackLoss.BisectionRounds) };
        }

        foreach (string name in Optimizers)
        {
            ThrowIfLearned(name);
        }

        SettingsFile file = Existing() ?? new SettingsFile();
        var tuned = new SortedDictionary<string, OptimizerSettings>(file.Optimizers.ToDictionary(), StringComparer.Ordinal);
        var losses = new SortedDictionary<string, double>(file.MeanFinalLoss.ToDictionary(), StringComparer.Ordinal);
        foreach (string name in Optimizers)
        {
            var parts = OptimizerName.Parse(name);
            double still = double.NaN;
            var start = new OptimizerSettings { Directions = Directions, Estimate = parts.Suffix is null ? EstimateKind.Forward : EstimateKind.Antithetic };
            (OptimizerSettings best, losses[name]) = new GridTuner(Loss, (settings, loss) => Tried?.Invoke(name, settings, loss)).Tune(start, withBetas: parts.Base == "zo-adam");
            if (!(losses[name] < still))
            {
                Note?.Invoke(string.Create(
                    CultureInfo.InvariantCulture, $"{name}: the best of the tried settings ends at a mean loss of {losses[name]:0.000}, and not moving at all at {still:0.000}; they are of no use here, so give more iterations, or another μ or c."));
            }

            tuned[name] = best with { Smoothing = attack.Smoothing };
            file = new SettingsFile
            {
                Model = Path.GetFileName(oracle.Info.Path),
                ModelSha256 = oracle.Info.Sha256,
                Task = Describe(attack),
                DistortionWeight = attack.Loss.DistortionWeight,
                Smoothing = attack.Smoothing,
                Optimizers = tuned,
                MeanFinalLoss = losses,
            };
            file.Write(path);

            double Loss(OptimizerSettings settings)
            {
                AttackResult result = new BlackBoxAttack(oracle, _registry.Create(parts.Base, settings), attack).Run(images, cancellation: cancellation);
                cancellation.ThrowIfCancellationRequested();
                if (result.Failure is { } failure)
                {
                    throw failure;
                }

                attack = attack with
                {
                    Smoothing = attack.Smoothing ?? result.Runs[0].Settings.Smoothing,
                    Loss = attack.Loss with { DistortionWeight = result.Runs[0].Settings.DistortionWeight },
                };
                still = result.Runs[0].Summary.MeanInitialLoss;
                return result.Runs[0].Summary.MeanFinalLoss;
            }
        }

        return file;
    }

    /// <summary>Throws if a name is not that of a hand-designed optimizer.</summary>
    /// <exception cref="InputException">No optimizer has this name, or it is a learned one.</exception>
    public static void ThrowIfLearned(string name)
    {
        var parts = OptimizerName.Parse(name);
        if (parts.File is not null || new OptimizerRegistry().Methods.Contains(parts.Base))
        {
            throw new InputException(
                $"'{name}' is not a hand-designed optimizer, and only those are tuned; give some of {string.Join(", ", new OptimizerRegistry().Names)}. A learned optimizer or a published method needs no tuning, and a classifier is given as the model.") { Argument = "Model" };
        }
    }

    // The existing file is read, and writing is tested, before hours of tuning.
    private SettingsFile? Existing()
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path} is a folder; name a file, such as {Path.Combine(path, "settings.json")}.") { Argument = nameof(AttackSession.Folder) };
        }

        ResultFolder.EnsureWritable(Path.GetDirectoryName(Path.GetFullPath(path))!);
        SettingsFile? existing = File.Exists(path) ? SettingsFile.Read(path) : null;
        return existing?.ModelSha256 is { } other && other != oracle.Info.Sha256 && existing.Optimizers.Keys.Except(Optimizers).Any()
            ? throw new InputException($"{path} holds settings for another model ({existing.Model}, SHA-256 {other}), which would be mixed with this one's; name another file.") { Argument = nameof(AttackSession.Folder) }
            : existing;
    }

    private string Describe(AttackOptions attack) => string.Create(
        CultureInfo.InvariantCulture,
        $"mean final loss of {(attack.Count is { } count ? $"the first {count}" : "all")} correctly classified training images of {images.Name}, seed {attack.Seed}, "
        + $"{(attack.Loss.Target is { } k ? $"target {k}" : attack.Loss.TargetChoice is { } choice ? $"target {choice.Word()}" : "untargeted")}, {attack.Loss.Norm.Word()}, c = {attack.Loss.DistortionWeight}, {(attack.Loss.Transform == BoxTransform.Clip ? "clip" : "tanh")}, "
        + $"{attack.Limits.Iterations} iterations of {Directions} directions");
}
