using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class QuantilesTests
{
    [Fact]
    public void Of_0_to_100_in_any_order_they_are_their_own_percentages() =>
        Quantiles.Of(Enumerable.Range(0, 101).Select(i => (double)(i * 37 % 101))).ShouldBe(new Quantiles(0, 5, 25, 50, 75, 95, 100));

    [Fact]
    public void Between_neighbours_they_are_linear()
    {
        Quantiles of = Quantiles.Of([10, 2])!;
        of.P5.ShouldBe(2.4, 1e-12);
        of.P25.ShouldBe(4, 1e-12);
        of.P50.ShouldBe(6, 1e-12);
        of.P95.ShouldBe(9.6, 1e-12);
        Quantiles.Of([3]).ShouldBe(new Quantiles(3, 3, 3, 3, 3, 3, 3));
        Quantiles.Of([]).ShouldBeNull();
    }

    [Fact]
    public void They_are_in_order_and_turn_around_with_the_values()
    {
        Prop.ForAll(Gen.Choose(-1000, 1000).NonEmptyListOf().ToArbitrary(), list =>
        {
            Quantiles q = Quantiles.Of(list.Select(v => v / 8.0))!;
            double[] all = [q.Min, q.P5, q.P25, q.P50, q.P75, q.P95, q.Max];
            all.ShouldBe(all.Order());
            (q.Min, q.Max).ShouldBe((list.Min() / 8.0, list.Max() / 8.0));

            Quantiles mirrored = Quantiles.Of(list.Select(v => -v / 8.0))!;
            mirrored.P50.ShouldBe(-q.P50, 1e-9);
            mirrored.P25.ShouldBe(-q.P75, 1e-9);
            mirrored.P5.ShouldBe(-q.P95, 1e-9);
        }).QuickCheckThrowOnFailure();
    }
}
