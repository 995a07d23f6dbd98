using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class JackknifeTests
{
    private static readonly Arbitrary<int[]> Figures = Gen.Choose(1, 1000).ArrayOf().Where(a => a.Length >= 2).ToArbitrary();

    [Fact]
    public void Of_a_mean_the_error_is_the_deviation_over_the_root_of_the_number()
    {
        Prop.ForAll(Figures, figures =>
        {
            double[] a = [.. figures.Select(f => f / 10.0)];
            double deviation = Math.Sqrt(a.Sum(x => (x - a.Average()) * (x - a.Average())) / (a.Length - 1));
            Estimate mean = Jackknife.RatioOfSums(a, Ones(a.Length));
            mean.Value.ShouldBe(a.Average(), 1e-9);
            mean.StandardError.ShouldBe(deviation / Math.Sqrt(a.Length), 1e-9);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Figures_in_one_proportion_on_every_image_have_its_ratio_without_error()
    {
        Prop.ForAll(Figures, figures =>
        {
            double[] b = [.. figures.Select(f => (double)f)];
            Jackknife.RatioOfSums([.. b.Select(x => x / 4)], b).ShouldBe(new Estimate(0.25, 0));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Ratio_and_error_scale_with_the_numerators_and_against_the_denominators()
    {
        Prop.ForAll(Figures, figures =>
        {
            double[] a = [.. figures.Select((f, i) => (double)(f * (i + 1)))];
            double[] b = [.. figures.Select(f => (double)f)];
            Estimate plain = Jackknife.RatioOfSums(a, b);
            Estimate scaled = Jackknife.RatioOfSums([.. a.Select(x => x * 8)], [.. b.Select(x => x * 2)]);
            (scaled.Value, scaled.StandardError).ShouldBe((4 * plain.Value, 4 * plain.StandardError));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Of_many_images_the_error_is_that_of_the_delta_method()
    {
        // Residuals a − rb about the ratio r: the delta method's error is their deviation over √n and the mean of b.
        const int n = 2000;
        double[] b = [.. Enumerable.Range(0, n).Select(i => 2 + Math.Sin(i))];
        double[] a = [.. Enumerable.Range(0, n).Select(i => (0.5 * b[i]) + (0.3 * Math.Cos(7.0 * i)))];
        Estimate ratio = Jackknife.RatioOfSums(a, b);
        double residuals = Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - (ratio.Value * y), 2)).Sum() / (n - 1));

        ratio.Value.ShouldBe(a.Sum() / b.Sum(), 1e-12);
        ratio.StandardError.ShouldBe(residuals / Math.Sqrt(n) / b.Average(), 1e-3 * ratio.StandardError);
    }

    [Fact]
    public void Three_images_give_what_a_hand_computes()
    {
        // Without each: 5/5, 4/3, 3/4; their mean is 37/36.
        Estimate ratio = Jackknife.RatioOfSums([1, 2, 3], [1, 3, 2]);
        ratio.Value.ShouldBe(1);
        double squares = new[] { 1, 4 / 3.0, 3 / 4.0 }.Sum(r => Math.Pow(r - (37 / 36.0), 2));
        ratio.StandardError.ShouldBe(Math.Sqrt(2 / 3.0 * squares), 1e-12);
    }

    [Fact]
    public void One_image_has_no_error_and_none_or_nothing_to_divide_by_has_no_ratio()
    {
        Jackknife.RatioOfSums([3], [2]).ShouldBe(new Estimate(1.5, double.NaN));
        Jackknife.RatioOfSums([], []).ShouldBe(new Estimate(double.NaN, double.NaN));
        Jackknife.RatioOfSums([1, 2], [0, 0]).ShouldBe(new Estimate(double.NaN, double.NaN));
        Jackknife.RatioOfSums([1, 2], [0, 4]).ShouldBe(new Estimate(0.75, double.NaN));
        Should.Throw<ArgumentException>(() => Jackknife.RatioOfSums([1, 2], [1])).Message.ShouldContain("1 denominators do not pair with 2 numerators");
    }

    private static double[] Ones(int n) => [.. Enumerable.Repeat(1.0, n)];
}
