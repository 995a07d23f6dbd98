using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class PackingIndependenceTests
{
    private const int Kinds = 25;

    [Fact]
    public void Results_are_equal_bit_for_bit_however_rows_are_packed_whoever_else_runs_and_however_many_threads_ask()
    {
        string[] alone = [.. Enumerable.Range(0, Kinds).Select(i => Run([i], null, 1, 1, 64)[0])];

        // Batches smaller than one step (q + 1 is 2..14 here) and larger than all; a few problems among others, in any order.
        var packings =
            from batchRows in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(1, 40).Select(n => (int?)n))
            from preferredRows in Gen.Choose(1, 100)
            from inFlight in Gen.Choose(1, 12)
            from concurrency in Gen.Choose(1, 4)
            from count in Gen.Choose(1, Kinds)
            from order in Gen.Shuffle(Enumerable.Range(0, Kinds).ToArray())
            select (batchRows, preferredRows, inFlight, concurrency, order.Take(count).ToArray());
        Prop.ForAll(packings.ToArbitrary(), packing =>
        {
            (int? batchRows, int preferredRows, int inFlight, int concurrency, int[] chosen) = packing;
            string[] together = Run(chosen, batchRows, inFlight, concurrency, preferredRows);
            together.ShouldBe(chosen.Select(i => alone[i]));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static string[] Run(int[] numbers, int? batchRows, int inFlight, int concurrency, int preferredRows)
    {
        Problem[] problems = [.. numbers.Select(Bowl.Varied)];
        using WatchedOracle oracle = Bowl.Oracle(concurrency, preferredRows);
        new BatchedEngine(oracle, inFlight, batchRows).Run(problems);
        return [.. problems.Select(Outcome.Of)];
    }
}
