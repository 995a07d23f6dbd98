using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

/// <summary>Random known parts, and the conditions of a minimum over them in float64.</summary>
internal static class Composite
{
    /// <summary>A box whose center lies inside, on a face, or in a box without width, as the coordinate falls.</summary>
    public static KnownTerm Known(int seed, int dimension, DistortionNorm norm, double weight, double floor = 0)
    {
        var random = new Random(seed);
        var center = new float[dimension];
        var lower = new float[dimension];
        var upper = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            center[i] = random.NextSingle() - 0.5f;
            lower[i] = center[i] - (random.Next(3) == 0 ? 0 : random.NextSingle());
            upper[i] = center[i] + (random.Next(3) == 0 ? 0 : random.NextSingle());
        }

        return new KnownTerm(floor, weight, norm, center, lower, upper);
    }

    public static float[] Rates(int seed, int count)
    {
        var random = new Random(seed + 1000);
        return [.. Enumerable.Range(0, count).Select(_ => 0.1f + random.NextSingle())];
    }

    /// <summary>A point that mostly lies outside the box where the reach is above 1.</summary>
    public static float[] Around(int seed, KnownTerm known, double reach)
    {
        var random = new Random(seed + 2000);
        return [.. known.Center.ToArray().Select(x => x + (float)(reach * ((2 * random.NextDouble()) - 1)))];
    }

    public static double Distance(KnownTerm known, double[] x)
    {
        double[] change = [.. x.Select((value, i) => Math.Abs(value - known.Center.Span[i]))];
        return known.Norm switch
        {
            DistortionNorm.L1 => change.Sum(),
            DistortionNorm.L2 => Math.Sqrt(change.Sum(c => c * c)),
            _ => change.Max(),
        };
    }

    /// <summary>A grid over a box of one or two dimensions, with the center.</summary>
    public static IEnumerable<double[]> Grid(KnownTerm known, int steps)
    {
        double[] lower = [.. known.Lower.ToArray().Select(x => (double)x)];
        double[] upper = [.. known.Upper.ToArray().Select(x => (double)x)];
        double At(int i, int step) => lower[i] + ((upper[i] - lower[i]) * step / steps);
        yield return [.. known.Center.ToArray().Select(x => (double)x)];
        for (int a = 0; a <= steps; a++)
        {
            for (int b = 0; b <= (lower.Length == 1 ? 0 : steps); b++)
            {
                yield return lower.Length == 1 ? [At(0, a)] : [At(0, a), At(1, b)];
            }
        }
    }

    /// <summary>x minimises c‖x − x0‖ + Σ (x − v)²/2η over the box: 0 lies in the sum of the subdifferentials.</summary>
    public static void ShouldBeProx(KnownTerm known, float[] rate, double[] v, float[] x, string which)
    {
        // A coordinate within this of where it may stand counts as there: floats and a bisection do not come nearer.
        const double Near = 2e-6;
        double c = known.Weight;
        ReadOnlySpan<float> center = known.Center.Span;
        double[] change = [.. x.Select((value, i) => (double)value - known.Center.Span[i])];
        double radius = Distance(known, [.. x.Select(value => (double)value)]);
        double least = 0;
        double most = 0;
        for (int i = 0; i < x.Length; i++)
        {
            string where = $"{which}, coordinate {i} of {x.Length}";
            x[i].ShouldBeInRange(known.Lower.Span[i], known.Upper.Span[i], where);

            // What pulls the coordinate to v; a face holds it where it would leave the box.
            double force = (v[i] - x[i]) / rate[i];
            double slack = Near * (10 + Math.Abs(force));
            bool isHeld = force > 0 ? x[i] >= known.Upper.Span[i] - Near : x[i] <= known.Lower.Span[i] + Near;
            bool isAway = Math.Abs(change[i]) > Near;
            double outwards = force * Math.Sign(change[i]);
            switch (known.Norm)
            {
                case DistortionNorm.L1:
                    if (!isHeld)
                    {
                        (isAway ? Math.Abs(outwards - c) : Math.Max(0, Math.Abs(force) - c)).ShouldBeLessThan(slack * (1 + c), where);
                    }
                    else if (isAway)
                    {
                        // The face only holds what exceeds the norm's own pull.
                        (c - outwards).ShouldBeLessThan(slack * (1 + c), where);
                    }

                    break;
                case DistortionNorm.L2 when radius > Near:
                    double pull = c * change[i] / radius;
                    (isHeld ? Math.Max(0, (pull - force) * Math.Sign(force)) : Math.Abs(force - pull)).ShouldBeLessThan(2 * slack * (1 + (c / radius)), where);
                    break;
                case DistortionNorm.LInfinity when radius > Near:
                    bool isLargest = Math.Abs(change[i]) > radius * (1 - 1e-5);
                    outwards.ShouldBeGreaterThan(-slack, where);
                    if (!isLargest && !isHeld)
                    {
                        Math.Abs(force).ShouldBeLessThan(slack, where);
                    }

                    // The largest share the norm's pull among them; a face may take any part of its coordinate's.
                    least += isLargest && !isHeld ? outwards : 0;
                    most += isLargest ? outwards : 0;
                    break;
                default:
                    double free = isHeld ? 0 : Math.Abs(force);
                    least += known.Norm == DistortionNorm.L2 ? free * free : free;
                    break;
            }
        }

        if (known.Norm == DistortionNorm.LInfinity && radius > Near)
        {
            least.ShouldBeLessThan((c * (1 + 1e-4)) + 1e-3, which);
            most.ShouldBeGreaterThan((c * (1 - 1e-4)) - 1e-3, which);
        }
        else if (known.Norm != DistortionNorm.L1 && radius <= Near)
        {
            (known.Norm == DistortionNorm.L2 ? Math.Sqrt(least) : least).ShouldBeLessThan((c * (1 + 1e-4)) + 1e-3, which);
        }
    }
}
