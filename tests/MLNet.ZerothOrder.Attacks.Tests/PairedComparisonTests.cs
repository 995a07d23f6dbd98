using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class PairedComparisonTests
{
    [Fact]
    public void Against_itself_every_ratio_is_1_without_error()
    {
        Prop.ForAll(Gen.Choose(1, 100).ArrayOf().Where(a => a.Length >= 2).ToArbitrary(), losses =>
        {
            ImageResult[] run = [.. losses.Select((l, i) => Problems.Result([l + 2, l + 1, l], index: i, first: l % 3 == 0 ? 21 : null, queries: 43))];
            PairedComparison comparison = PairedComparison.Between(run, run);
            comparison.Images.ShouldBe(losses.Length);
            foreach (PairedRatio pair in new[] { comparison.FinalLoss, comparison.LossOverIterations, comparison.QueriesToFirstSuccess })
            {
                (pair.Ratio, pair.StandardError).ShouldBe((1, 0));
                pair.Mean.ShouldBe(pair.ReferenceMean);
            }

            // No iterate is below the last one's own mean.
            comparison.IterationsToReferencesFinalLoss.ShouldBeNull();
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_two_directions_of_a_comparison_are_reciprocal_and_take_the_same_images_in_any_order()
    {
        ImageResult[] a = [Problems.Result([9, 4], 0), Problems.Result([9, 2], 1), Problems.Result([9, 6], 2)];
        ImageResult[] b = [Problems.Result([9, 3], 2), Problems.Result([9, 2], 0), Problems.Result([9, 1], 1)];
        PairedRatio there = PairedComparison.Between(a, b).FinalLoss, back = PairedComparison.Between(b, a).FinalLoss;

        // Twice on every image: nothing is left of the images' own differences.
        (there.Ratio, there.StandardError).ShouldBe((2, 0));
        (back.Ratio, back.StandardError).ShouldBe((0.5, 0));
    }

    [Fact]
    public void Trials_of_an_image_are_averaged_before_images_are()
    {
        ImageResult[] a = [Problems.Result([9, 1], 0, 0), Problems.Result([9, 3], 0, 1), Problems.Result([9, 6], 1, 0), Problems.Result([9, 8], 1, 1)];
        ImageResult[] b = [Problems.Result([9, 2], 0, 0), Problems.Result([9, 6], 0, 1), Problems.Result([9, 5], 1, 0), Problems.Result([9, 5], 1, 1)];
        PairedRatio pair = PairedComparison.Between(a, b).FinalLoss;

        (pair.Mean, pair.ReferenceMean).ShouldBe(((2 + 7) / 2.0, (4 + 5) / 2.0));
        new Estimate(pair.Ratio, pair.StandardError).ShouldBe(Jackknife.RatioOfSums([2, 7], [4, 5]));
        pair.StandardError.ShouldBeGreaterThan(0.3);
    }

    [Fact]
    public void A_problem_without_success_counts_with_all_its_queries()
    {
        ImageResult[] a = [Problems.Result([9], 0, first: 22, queries: 100), Problems.Result([9], 1, queries: 100)];
        ImageResult[] b = [Problems.Result([9], 0, first: 43, queries: 100), Problems.Result([9], 1, first: 79, queries: 100)];
        PairedRatio pair = PairedComparison.Between(a, b).QueriesToFirstSuccess;

        (pair.Mean, pair.ReferenceMean).ShouldBe((61, 61));
        pair.Ratio.ShouldBe(1);
    }

    [Fact]
    public void Giving_up_early_with_a_worse_loss_is_no_better_over_iterations()
    {
        ImageResult[] early = [Problems.Result([8, 4], 0), Problems.Result([8, 4], 1)];
        ImageResult[] late = [Problems.Result([8, 4, 3, 1], 0), Problems.Result([8, 4, 3, 1], 1)];
        PairedRatio pair = PairedComparison.Between(early, late).LossOverIterations;

        (pair.Mean, pair.ReferenceMean).ShouldBe((4, (4 + 3 + 1) / 3.0));
        pair.Ratio.ShouldBe(1.5);
    }

    [Fact]
    public void Iterations_are_those_until_the_mean_loss_is_truly_below_the_references_last_one()
    {
        ImageResult[] run = [Problems.Result([9, 6, 3, 1], 0), Problems.Result([9, 4, 3, 2], 1)];
        int? To(double a, double b) =>
            PairedComparison.Between(run, [Problems.Result([9, a], 0), Problems.Result([9, b], 1)]).IterationsToReferencesFinalLoss;

        To(9, 9).ShouldBe(1);
        To(3, 7).ShouldBe(2);
        To(3, 3).ShouldBe(3);
        To(20, 20).ShouldBe(0);
        To(1, 2).ShouldBeNull();
    }

    [Fact]
    public void Only_images_and_trials_that_both_runs_queried_count()
    {
        ImageResult[] a = [Problems.Result([9, 4], 0), Problems.Result([9, 100], 1), Problems.Result([9, 6], 2), Problems.Result([9, 100], 2, 1), Problems.Result([9, 5], 4)];
        ImageResult[] b = [Problems.Result([9, 2], 0), Problems.Result([], 1), Problems.Result([9, 3], 2), Problems.Result([9, 1], 3)];
        PairedComparison comparison = PairedComparison.Between(a, b);

        (comparison.Images, comparison.FinalLoss.Mean, comparison.FinalLoss.ReferenceMean).ShouldBe((2, 5, 2.5));
    }

    [Fact]
    public void Runs_without_a_common_image_have_no_figures()
    {
        PairedComparison comparison = PairedComparison.Between([Problems.Result([9, 4], 0)], [Problems.Result([9, 4], 1)]);

        comparison.Images.ShouldBe(0);
        (comparison.FinalLoss.Ratio, comparison.FinalLoss.StandardError).ShouldBe((double.NaN, double.NaN));
        comparison.QueriesToFirstSuccess.ReferenceMean.ShouldBe(double.NaN);
        comparison.IterationsToReferencesFinalLoss.ShouldBeNull();
    }
}
