using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class AttackStatisticsTests
{
    // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilsons_interval_has_the_published_values(int successes, int trials, double low, double high)
    {
        AttackStatistics.Wilson(successes, trials).Low.ShouldBe(low, 5e-5);
        AttackStatistics.Wilson(successes, trials).High.ShouldBe(high, 5e-5);
    }

    [Fact]
    public void Wilsons_interval_is_symmetric_holds_the_rate_and_ends_exactly_at_0_and_1()
    {
        foreach (int trials in (int[])[1, 2, 7, 100, 12345])
        {
            for (int successes = 0; successes <= trials; successes += Math.Max(1, trials / 7))
            {
                (double low, double high) = AttackStatistics.Wilson(successes, trials);
                (double mirroredLow, double mirroredHigh) = AttackStatistics.Wilson(trials - successes, trials);
                low.ShouldBe(1 - mirroredHigh, 1e-12);
                high.ShouldBe(1 - mirroredLow, 1e-12);
                ((double)successes / trials).ShouldBeInRange(low, high);
            }

            AttackStatistics.Wilson(0, trials).Low.ShouldBe(0);
            AttackStatistics.Wilson(trials, trials).High.ShouldBe(1);
        }

        AttackStatistics.Wilson(0, 0).ShouldBe(new Interval(0, 1));
    }

    [Fact]
    public void A_problem_that_stopped_early_counts_on_with_its_last_loss()
    {
        AttackStatistics statistics = AttackStatistics.From([Result([5, 3]), Result([4, 4, 4, 1])]);
        statistics.MeanLossByIteration.ShouldBe([4.5, 3.5, 3.5, 2]);
        statistics.MeanLossOverIterations.ShouldBe((3.5 + 3.5 + 2) / 3);
        (statistics.MeanInitialLoss, statistics.MeanFinalLoss).ShouldBe((4.5, 2));
    }

    [Fact]
    public void Queries_to_first_success_are_over_successes_and_all_queries_over_all()
    {
        AttackStatistics statistics = AttackStatistics.From(
            [Result([1], first: 100, queries: 500), Result([1], queries: 600), Result([1], first: 22, queries: 700), Result([1], first: 43, queries: 1), Result([1], first: 64, queries: 1)]);
        statistics.MedianQueriesToFirstSuccess.ShouldBe((43 + 64) / 2.0);
        statistics.MeanQueriesToFirstSuccess.ShouldBe((100 + 22 + 43 + 64) / 4.0);
        statistics.TotalQueries.ShouldBe(1802);
        statistics.SuccessRate.ShouldBe(0.8);
        statistics.SuccessRateInterval95.ShouldBe(AttackStatistics.Wilson(4, 5));
        AttackStatistics.From([Result([1], first: 9)]).MedianQueriesToFirstSuccess.ShouldBe(9);
    }

    [Fact]
    public void Problems_cancelled_before_their_first_query_are_in_the_count_but_not_in_rates_and_means()
    {
        AttackStatistics statistics = AttackStatistics.From([Result([]), Result([6, 2], first: 3, queries: 10)]);
        (statistics.Problems, statistics.SuccessRate, statistics.MeanInitialLoss, statistics.MeanFinalLoss).ShouldBe((2, 1, 6, 2));
    }

    [Fact]
    public void Of_nothing_there_are_no_means()
    {
        AttackStatistics statistics = AttackStatistics.From([]);
        (statistics.Problems, statistics.SuccessRate, statistics.TotalQueries).ShouldBe((0, 0, 0));
        statistics.MeanLossByIteration.ShouldBeEmpty();
        statistics.MeanFinalLoss.ShouldBe(double.NaN);
        statistics.MeanLossOverIterations.ShouldBe(double.NaN);
        statistics.MeanQueriesToFirstSuccess.ShouldBeNull();
        statistics.MedianQueriesToFirstSuccess.ShouldBeNull();
        statistics.MeanL1AtFirstSuccess.ShouldBeNull();
        statistics.FinalLossOverImages.ShouldBeNull();
        statistics.MeanFinalLossStandardError.ShouldBe(double.NaN);
        AttackStatistics.From([Result([7])]).MeanLossOverIterations.ShouldBe(7);
    }

    [Fact]
    public void Errors_of_means_are_over_images_not_over_their_trials()
    {
        // Two images whose trials agree are two pieces of evidence, however often they are repeated.
        ImageResult[] once = [Result([9, 2]), Result([9, 4], index: 1)];
        ImageResult[] thrice = [.. Enumerable.Range(0, 3).SelectMany(trial => once.Select(p => p with { Trial = trial }))];
        AttackStatistics ofOne = AttackStatistics.From(once);
        AttackStatistics ofThree = AttackStatistics.From(thrice);

        // |2 − 4| / 2 is the deviation of two values over √2.
        ofOne.MeanFinalLossStandardError.ShouldBe(1, 1e-12);
        ofThree.MeanFinalLossStandardError.ShouldBe(1, 1e-12);
        ofThree.MeanLossOverIterationsStandardError.ShouldBe(1, 1e-12);
        ofThree.FinalLossOverImages.ShouldBe(ofOne.FinalLossOverImages);
        AttackStatistics.From([once[0]]).MeanFinalLossStandardError.ShouldBe(double.NaN);
    }

    [Fact]
    public void Over_images_means_an_images_trials_averaged()
    {
        AttackStatistics statistics = AttackStatistics.From(
            [Result([9, 5, 1]), Result([9, 7, 3], trial: 1), Result([9, 8, 8], index: 1), Result([9, 8, 8], index: 1, trial: 1)]);

        (statistics.FinalLossOverImages!.Min, statistics.FinalLossOverImages.Max).ShouldBe((2, 8));
        (statistics.LossOverIterationsOverImages!.Min, statistics.LossOverIterationsOverImages.Max).ShouldBe((4, 8));
        statistics.FinalLossOverImages.P50.ShouldBe(5);
    }

    [Fact]
    public void Distortion_and_errors_at_the_first_success_are_over_successes()
    {
        AttackStatistics statistics = AttackStatistics.From(
            [Result([1], first: 10, firstL1: 44), Result([1], index: 1), Result([1], index: 2, first: 30, firstL1: 4)]);

        statistics.MeanL1AtFirstSuccess.ShouldBe(24);
        statistics.MeanL1AtFirstSuccessStandardError.ShouldBe(20, 1e-12);
        statistics.MeanQueriesToFirstSuccessStandardError.ShouldBe(10, 1e-12);
    }

    private static ImageResult Result(
        double[] trace, long? first = null, long queries = 0, int index = 0, int trial = 0, double? firstL1 = null) =>
        Problems.Result(trace, index, trial, first, queries, firstL1);
}
