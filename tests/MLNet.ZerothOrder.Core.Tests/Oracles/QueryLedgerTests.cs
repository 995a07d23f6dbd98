using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Oracles;

public sealed class QueryLedgerTests
{
    [Fact]
    public void Whatever_is_charged_in_whatever_order_a_budget_is_never_exceeded_and_a_refusal_charges_nothing()
    {
        var cases =
            from budget in Gen.Choose(1, 200)
            from charges in Gen.ListOf(Gen.Choose(0, 60))
            select (budget, charges);
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            var ledger = new QueryLedger(test.budget);
            long sum = 0;
            foreach (int charge in test.charges)
            {
                bool fits = sum + charge <= test.budget;
                ledger.CanAfford(charge).ShouldBe(fits);
                ledger.TryCharge(charge).ShouldBe(fits);
                sum += fits ? charge : 0;
                ledger.Charged.ShouldBe(sum);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Sums_beyond_the_largest_number_do_not_wrap_around()
    {
        var ledger = new QueryLedger(10);
        ledger.TryCharge(9).ShouldBeTrue();
        ledger.TryCharge(long.MaxValue).ShouldBeFalse();
        ledger.Charged.ShouldBe(9);
    }

    [Fact]
    public void Without_a_budget_everything_fits()
    {
        var ledger = new QueryLedger();
        ledger.TryCharge(1L << 50).ShouldBeTrue();
        ledger.CanAfford(1L << 50).ShouldBeTrue();
        ledger.Budget.ShouldBeNull();
    }

    [Fact]
    public void Budgets_below_1_and_negative_charges_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new QueryLedger(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new QueryLedger(-5));
        Should.Throw<ArgumentOutOfRangeException>(() => new QueryLedger(5).TryCharge(-1));
    }
}
