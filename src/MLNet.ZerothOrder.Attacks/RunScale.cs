using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// μ and c of a run, chosen from the classifier's answers near the run's first images. Values in the options are used as they are. A model that rounds its
/// input, or a piecewise constant one, gives the same scores at both ends of a small step. So an optimizer's own μ, or the measured one, is replaced by a larger
/// one if slopes over it differ in size from slopes over a larger μ, or if the changes over it are hardly more than the rounding of scores in float16. The default c is the paper's for MNIST; where the scores or the image have another scale, the weight that means the same there replaces it.
/// </summary>
/// <param name="Smoothings">For each optimizer, μ and the source of μ as text.</param>
/// <param name="Weight">c.</param>
/// <param name="WeightFrom">The reason for c; null if c is given or the default.</param>
/// <param name="Queries">The queries of the choice.</param>
/// <param name="Notes">The changes of μ and c, one sentence each.</param>
public sealed record RunScale(IReadOnlyList<(float Smoothing, string From)> Smoothings, double Weight, string? WeightFrom, long Queries, IReadOnlyList<string> Notes)
{
    /// <summary>The first images that are looked at.</summary>
    internal const int Images = 4;

    private const int Directions = 8;

    // On 480 images of the bundled classifiers, slopes over 0.0001 are 0.2 to 2.9 times those over 0.01, because clean images lie on kinks.
    private const double LeastRatio = 0.05;
    private const double MostRatio = 5;

    // A μ is large enough if slopes over it agree with those over the next larger one.
    private const double EnoughAgreement = 0.7;

    // Below this cosine, a measured curve is only noise.
    private const double EnoughCosine = 0.9;

    // The paper's c = 0.1 over the root mean square of the pixels' slopes on MNIST. The classifiers' slopes are 0.22 to 0.41 there.
    private const double UsualWeight = 0.3;
    private const double UsualDimension = 784;

    // The queries of a default run. Where there are more pixels, they tell only a part of the slopes, about √(n/d) of their size. On six photos of 150,528 pixels, 1,000 queries fooled two with c = 0.1 in ℓ1, four with 0.03 and five with 0.01 and 0.003.
    private const double UsualQueries = 4201;

    // In ℓ∞ all pixels move at once. Their first ε lowers the margin by up to ε · d · slope, and along what few queries find by about √d as much. On training images of both data sets, changes are within about a tenth of the
    // smallest ones, and all images fall, where c is 0.1 to 2 times √d · slope; at c = 0.1 they are more than twice as large. With 1,000 queries on 150,528 pixels, most photos fall at 0.15, fewer at 0.45, and one in six at 6.
    private const double UsualWeightOfLargest = 0.2;

    // The paper's c is kept where the found one differs by less than this factor, which changes the distortion by a sixth at most.
    private const double KeptFactor = 5;

    private const float FairPart = 0.1f;

    private static readonly float[] Ladder = [1e-3f, 3.1622776e-3f, 1e-2f, 3.1622776e-2f, 0.1f, 0.31622776f];

    /// <summary>Chooses μ and c.</summary>
    /// <param name="oracle">The classifier.</param>
    /// <param name="optimizers">The optimizers of the run, some of which have a μ of their own.</param>
    /// <param name="objectives">The run's objectives; only the first four are used. Without objectives, the defaults are returned.</param>
    /// <param name="options">The attack.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="OracleException">The classifier failed.</exception>
    public static RunScale Choose(
        IQueryOracle oracle, IReadOnlyList<IZerothOrderOptimizer> optimizers, IReadOnlyList<AttackObjective> objectives, AttackOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(optimizers);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(options);
        return new Chooser(oracle, objectives, options, cancellation).Choose(optimizers);
    }

    private sealed class Chooser(IQueryOracle oracle, IReadOnlyList<AttackObjective> objectives, AttackOptions options, CancellationToken cancellation)
    {
        private readonly Dictionary<float, (float, string)> _kept = [];
        private readonly List<string> _notes = [];
        private double? _slope;
        private long _queries;

        public RunScale Choose(IReadOnlyList<IZerothOrderOptimizer> optimizers)
        {
            var smoothings = new List<(float Smoothing, string From)>();
            foreach (IZerothOrderOptimizer optimizer in optimizers)
            {
                smoothings.Add(optimizer.AsksPoints ? (1, "unused") : options.Smoothing is { } given ? ((float)given, "given") : optimizer.Smoothing is { } own ? Kept(own) : Measured());
            }

            (double weight, string? from) = options.Loss.HasDefaultWeight && objectives.Count > 0 ? Weight(smoothings[0].Smoothing) : (options.Loss.DistortionWeight, null);
            return new RunScale(smoothings, weight, from, _queries, _notes);
        }

        private (float, string) Kept(float own)
        {
            if (!_kept.TryGetValue(own, out (float, string) choice))
            {
                StartSlopes slopes = Look(own);
                choice = Sees(slopes) ? (own, "the optimizer's own") : Grown($"the optimizer's own {Text(own)} sees no slope");
                _kept.Add(own, choice);
            }

            return choice;
        }

        private (float, string) Measured()
        {
            if (!_kept.TryGetValue(0, out (float, string) choice))
            {
                SmoothingCurve curve = SmoothingCalibration.Measure(oracle, objectives, options.Seed, cancellation);
                _queries += curve.Queries;
                choice = curve.Points.Max(point => point.Cosine) >= EnoughCosine || objectives.Count == 0
                    ? (curve.Best, string.Create(CultureInfo.InvariantCulture, $"measured with {curve.Queries} queries")) : Grown("no μ up to 0.01 sees a slope");
                _kept.Add(0, choice);
            }

            return choice;
        }

        // The smallest μ whose slopes agree with those of the next larger one. A model with few steps has none; the smallest large μ with any slope is used then.
        private (float, string) Grown(string why)
        {
            var slopes = StartSlopes.Measure(oracle, First(), Ladder, Directions, options.Seed, options.FailedCalls, cancellation);
            _queries += slopes.Queries;
            int chosen = Enumerable.Range(0, Ladder.Length - 1).FirstOrDefault(
                k => slopes.Agreement(k) >= EnoughAgreement, Enumerable.Range(0, Ladder.Length).FirstOrDefault(k => Ladder[k] >= FairPart && slopes.Sees(k), Ladder.Length - 1));
            _slope = slopes.Slope(chosen);
            string from = string.Create(CultureInfo.InvariantCulture, $"grown with {slopes.Queries} queries, because {why}");
            _notes.Add($"The smoothing is μ = {Text(Ladder[chosen])}, {from}.");
            return (Ladder[chosen], from);
        }

        private (double, string?) Weight(float smoothing)
        {
            double weight = options.Loss.DistortionWeight;
            if (_slope is null)
            {
                Look(smoothing);
            }

            double slope = _slope!.Value, pixels = objectives[0].Dimension;
            string slopes = string.Create(CultureInfo.InvariantCulture, $"found from the slopes of the scores ({slope:G2} a pixel, {objectives[0].Dimension} pixels)");
            if (options.Loss.Norm == DistortionNorm.LInfinity)
            {
                return Chosen(UsualWeightOfLargest * slope * Math.Sqrt(pixels), $"{slopes}: in ℓ∞ the change of all pixels costs what the largest one does");
            }

            // The same change of every pixel lowers the margin as much as before if there are more pixels of smaller slopes. Its distortion grows with d in ℓ1 and with √d in ℓ2.
            double found = UsualWeight * slope * Math.Sqrt(options.Loss.Norm == DistortionNorm.L2 ? pixels / UsualDimension : Math.Min(1, UsualQueries / pixels));
            return found < weight / KeptFactor || found > weight * KeptFactor
                ? Chosen(found, string.Create(CultureInfo.InvariantCulture, $"{slopes}, where {weight} would mean another weight than on MNIST")) : (weight, null);

            (double, string?) Chosen(double c, string from)
            {
                if (!double.IsNormal(c))
                {
                    return (weight, null);
                }

                double chosen = double.Parse(c.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                _notes.Add(string.Create(CultureInfo.InvariantCulture, $"The weight of the distortion is c = {chosen}, {from}."));
                return (chosen, from);
            }
        }

        private static bool Sees(StartSlopes slopes) => slopes.Share(ratio => ratio is >= LeastRatio and <= MostRatio) > 0.5 && slopes.ExceedsRounding(0);

        // Slopes over μ and over a hundred times μ, which is larger than the rounding of a byte.
        private StartSlopes Look(float smoothing)
        {
            StartSlopes slopes = StartSlopes.Measure(oracle, First(), [smoothing, Math.Max(1e-2f, 3 * smoothing)], Directions, options.Seed, options.FailedCalls, cancellation);
            _queries += slopes.Queries;
            _slope = slopes.Slope(0, 1);
            return slopes;
        }

        private AttackObjective[] First() => [.. objectives.Take(Images)];

        private static string Text(float value) => value.ToString("G4", CultureInfo.InvariantCulture);
    }
}
