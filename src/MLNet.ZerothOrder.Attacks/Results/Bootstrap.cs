using System.Runtime.CompilerServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Intervals by the bootstrap over images. A thousand times, n of n images are drawn with replacement, each with all its trials, which are
/// not independent. The interval contains the middle 95 % of the resulting figures. The draws depend only on n, so that
/// the same results always give the same interval.
/// </summary>
internal static class Bootstrap
{
    private const int Resamples = 1000;
    private static readonly RandomKey Key = RandomKey.FromSeed(95);

    /// <summary>The median of all values and its interval. Between two middle values, the median is their mean.</summary>
    /// <param name="images">The values of each image. Images without values are ignored.</param>
    /// <returns>Null without values; without an interval if fewer than two images have values.</returns>
    public static MedianEstimate? Median(IEnumerable<IReadOnlyCollection<double>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        IReadOnlyCollection<double>[] some = [.. images.Where(image => image.Count > 0)];
        (double Value, int Image)[] sorted = [.. some.SelectMany((image, i) => image.Select(value => (value, i))).OrderBy(pair => pair.value)];
        if (sorted.Length == 0)
        {
            return null;
        }

        var times = new int[some.Length];
        Array.Fill(times, 1);
        double median = Median(sorted, times);
        if (some.Length < 2)
        {
            return new MedianEstimate(median, null);
        }

        var medians = new double[Resamples];
        Parallel.For(0, Resamples, () => new int[some.Length], (r, _, drawn) =>
        {
            Draw(Key.Derive((ulong)r), drawn);
            medians[r] = Median(sorted, drawn);
            return drawn;
        }, _ => { });

        Array.Sort(medians);
        return new MedianEstimate(median, new Interval(medians[Resamples / 40], medians[^((Resamples / 40) + 1)]));
    }

    // Here and below: the code runs too seldom for tiered compilation to optimize it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Draw(RandomKey key, int[] times)
    {
        Array.Clear(times);
        for (int i = 0; i < times.Length; i++)
        {
            times[CounterRandom.Index(key.Derive((ulong)i), times.Length)]++;
        }
    }

    // The values of an image occur as often as the image was drawn. They are sorted once and counted for each draw.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Median((double Value, int Image)[] sorted, int[] times)
    {
        long count = 0;
        foreach ((_, int image) in sorted)
        {
            count += times[image];
        }

        long seen = 0;
        double lower = double.NaN;
        foreach ((double value, int image) in sorted)
        {
            long before = seen;
            seen += times[image];
            if (before <= (count - 1) / 2 && (count - 1) / 2 < seen)
            {
                lower = value;
            }

            if (count / 2 < seen)
            {
                return (lower + value) / 2;
            }
        }

        return double.NaN;
    }
}
