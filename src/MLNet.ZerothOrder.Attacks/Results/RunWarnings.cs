using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>Recognises runs whose success rate says nothing about the classifier's robustness, or is not that of all images.</summary>
internal static class RunWarnings
{
    // An image whose queries differ after fewer steps than this counts as attacked. Changes of single pixels may have no effect for a while.
    private const int FirstSteps = 5;
    private const int FirstPoints = 100;

    // Fewer steps may be too few to lower the loss by a tenth.
    private const int EnoughSteps = 20;
    private const double Lowered = 0.9;

    // If the smallest probability is at its floor, the margin is at least about the negative logarithm of the floor.
    private static readonly double AtFloor = -Math.Log(AttackObjective.ProbabilityFloor) - 1e-3;

    /// <summary>The warnings of one run, one text each.</summary>
    /// <param name="run">The run, with its images.</param>
    /// <param name="scores">The kind of scores.</param>
    public static IEnumerable<string> Of(AttackRun run, ScoreKind scores)
    {
        ImageResult[] measured = [.. run.Images.Where(image => image.IsMeasured)];
        int waiting = run.Images.Count(image => image is { StopReason: StopReason.Time, IsMeasured: false, Failure: null });
        if (waiting > 0)
        {
            yield return $"{run.Optimizer}: the time limit came before the turn of {waiting} of {run.Images.Count} images, which were not asked; rates and means are of the others alone, so give more time or fewer images.";
        }

        int firstSteps = Math.Max(FirstSteps, run.Settings.Kind == "method" ? FirstPoints / (run.Settings.Directions + 1) : 0);
        ImageResult[] blind = [.. measured.Where(image => !image.Success && IsBlind(image, firstSteps))];
        string setting = run.Settings.Smoothing > 0 ? string.Create(CultureInfo.InvariantCulture, $"μ = {run.Settings.Smoothing:G4}") : run.Optimizer;
        if (blind.Length > 0)
        {
            bool atFloor = scores is ScoreKind.Probabilities or ScoreKind.IndependentProbabilities && blind.Any(image => image.InitialLoss >= AtFloor);
            yield return $"{run.Optimizer}: for {Share(blind, measured)} all queries of the first steps gave the same scores ({setting}{(atFloor ? "; probabilities are exactly 0 or 1" : "")}), "
                + $"so the attack had nothing to follow and its success rate there says nothing about robustness; {(atFloor ? "let the scores be taken in front of the last activation, or export the model without it" : "measure μ or give a larger one, or export the model without rounding of its input")}.";
        }

        // Within a ball or a few pixels, a loss that hardly falls may mean a robust image.
        ImageResult[] stuck = !run.Settings.IsMinimalDistortion ? [] : [.. measured.Where(image => !image.Success && !IsBlind(image, firstSteps) && image.Trace.Count > EnoughSteps && image.BestLoss > Lowered * image.InitialLoss)];
        if (2 * stuck.Length >= measured.Length && stuck.Length > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Optimizer}: for {Share(stuck, measured)} the loss fell by less than a tenth (c = {run.Settings.DistortionWeight:G4}, {setting}), so its success rate there says nothing about robustness; let μ and c be chosen if they were given, or tune the optimizer for this model.");
        }
    }

    private static bool IsBlind(ImageResult image, int firstSteps) => image.BlindSteps >= Math.Min(firstSteps, Math.Max(1, image.Trace.Count - 1));

    private static string Share(ImageResult[] some, ImageResult[] all) =>
        some.Length == all.Length && all.Length > 1 ? $"all {all.Length} images" : $"{some.Length} of {all.Length} image{(all.Length == 1 ? "" : "s")}";
}
