using System.CommandLine;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Training images whose labels may be missing.</summary>
internal static class TrainingLabels
{
    /// <summary>Loads a model for training images. Missing labels are replaced by the classes that the model predicts.</summary>
    public static OnnxClassifierOracle Load(Session session, ParseResult parsed, TargetOptions target, ref ImageSet set, int count)
    {
        if (set.Label(0) != ImageSet.Unlabelled)
        {
            return target.Load(parsed, ref set);
        }

        OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(target.ModelPath(parsed), target.Options(parsed) with { Image = set.Shape });
        try
        {
            session.Terminal.Note($"The training labels of {set.Name} are missing; the classes that the model predicts are used instead.");
            set = ByModel(oracle, set, count);
            return oracle;
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    private static ImageSet ByModel(OnnxClassifierOracle oracle, ImageSet set, int count)
    {
        ImageSet first = set.Select([.. Enumerable.Range(0, Math.Min(count, set.Count))]);
        oracle.EnsureMatches(first.WithLabels(new int[first.Count]));
        return first.WithLabels(oracle.Classify(first));
    }
}
