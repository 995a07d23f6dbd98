using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>What a result says about bisections of c (<see cref="AttackLoss.BisectionRounds"/>).</summary>
public static class BisectionNotes
{
    /// <summary>One sentence for each run with a bisection: the c of the rounds with the smallest changes, and how many of these rounds were not the first.</summary>
    public static IEnumerable<string> Of(AttackResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        foreach (AttackRun run in result.Runs.Where(run => run.Settings.BisectionRounds is not null))
        {
            (int Round, BisectionRound Found)[] best =
            [
                .. run.Images.Where(image => image is { IsMeasured: true, Success: true }).Select(image => image.Rounds!.Index().Where(round => round.Item.Distortion is not null).MinBy(round => round.Item.Distortion)),
            ];
            string found = "no round had a success";
            if (best.Length > 0)
            {
                double[] weights = [.. best.Select(round => round.Found.Weight).Order()];
                found = string.Create(
                    CultureInfo.InvariantCulture,
                    $"the smallest changes were found at c = {Short(weights[0])}{(weights[0] == weights[^1] ? "" : string.Create(CultureInfo.InvariantCulture, $" to {Short(weights[^1])} (median {Short(Quantiles.At(weights, 0.5))})"))}, {best.Count(round => round.Round > 0)} of {best.Length} after the first round");
            }

            yield return string.Create(CultureInfo.InvariantCulture, $"{run.Optimizer}: a bisection of c in {run.Settings.BisectionRounds} rounds from c = {run.Settings.DistortionWeight:G4}; {found}. Losses are told with the first c.");
        }
    }

    // Three digits, without an exponent: 1,100 is a weight, 1.1E+03 a riddle.
    private static string Short(double weight) => double.Parse(weight.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
}
