using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class BootstrapTests
{
    [Fact]
    public void The_median_is_the_middle_value_or_the_mean_of_two()
    {
        Bootstrap.Median(Images(5, 1, 3))!.Value.Value.ShouldBe(3);
        Bootstrap.Median(Images(5, 1, 3, 4))!.Value.Value.ShouldBe(3.5);
        Bootstrap.Median([[9, 1], [2], []])!.Value.Value.ShouldBe(2);
    }

    [Fact]
    public void The_ends_are_quantiles_of_the_medians_of_resamples()
    {
        // Of 21 values the median of a resample is below the k-th where more than half of its draws are: binomial tails.
        MedianEstimate median = Bootstrap.Median(Images([.. Enumerable.Range(1, 21).Select(i => (double)i)]))!.Value;
        median.ShouldBe(new MedianEstimate(11, new Interval(7, 15)));
    }

    [Fact]
    public void Nineteen_of_twenty_intervals_hold_the_true_median_and_more_images_make_them_narrower()
    {
        int held = 0;
        double few = 0, many = 0;
        const int rounds = 400;
        for (int round = 0; round < rounds; round++)
        {
            Interval of50 = Draw(round, 50), of200 = Draw(round + rounds, 200);
            held += of50.Low <= 0.5 && 0.5 <= of50.High ? 1 : 0;
            few += of50.High - of50.Low;
            many += of200.High - of200.Low;
        }

        // Of 400, 380 with a deviation of 4.4.
        held.ShouldBeInRange(362, 398);
        (few / many).ShouldBe(2, 0.3);
    }

    [Fact]
    public void Trials_of_an_image_are_drawn_together_and_make_no_interval_narrower()
    {
        double[][] images = [.. Enumerable.Range(0, 30).Select(i => new[] { CounterRandom.Uniform(new RandomKey((ulong)i)) })];
        double[][] repeated = [.. images.Select(image => Enumerable.Repeat(image[0], 9).ToArray())];
        Bootstrap.Median(repeated).ShouldBe(Bootstrap.Median(images));
    }

    [Fact]
    public void The_same_values_have_the_same_interval_and_one_image_has_none()
    {
        Bootstrap.Median(Images(1, 2, 3, 4, 5)).ShouldBe(Bootstrap.Median(Images(1, 2, 3, 4, 5)));
        Bootstrap.Median(Images(7, 7, 7)).ShouldBe(new MedianEstimate(7, new Interval(7, 7)));
        Bootstrap.Median([[7, 8, 9]]).ShouldBe(new MedianEstimate(8, null));
        Bootstrap.Median([[], []]).ShouldBeNull();
    }

    private static Interval Draw(int round, int images) =>
        Bootstrap.Median(Enumerable.Range(0, images).Select(i => new[] { CounterRandom.Uniform(new RandomKey((ulong)round).Derive((ulong)i)) }))!.Value.Interval95!.Value;

    private static double[][] Images(params double[] values) => [.. values.Select(value => new[] { value })];
}
