using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class CancellationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cancelling_from_another_thread_ends_the_run_after_the_calls_under_way(int concurrency)
    {
        using var cancellation = new CancellationTokenSource();
        using var asked = new ManualResetEventSlim();
        using var answer = new ManualResetEventSlim();
        var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value, concurrency)
        {
            OnCall = _ =>
            {
                asked.Set();
                answer.Wait();
            },
        };
        Problem[] problems = [.. Enumerable.Range(0, 5).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 1000 }))];
        var run = new Thread(() => new BatchedEngine(oracle).Run(problems, cancellation: cancellation.Token));
        run.Start();
        asked.Wait();

        cancellation.Cancel();
        answer.Set();
        run.Join();

        oracle.Calls.Count.ShouldBeInRange(1, concurrency);
        foreach (Problem problem in problems)
        {
            problem.Stop.ShouldBe(StopReason.Cancelled);
            problem.Iteration.ShouldBeLessThanOrEqualTo(1);
            problem.Ledger.Charged.ShouldBeGreaterThanOrEqualTo(oracle.RowsOf(problem));
        }
    }

    [Fact]
    public void What_was_found_before_stays()
    {
        using var cancellation = new CancellationTokenSource();
        var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value)
        {
            OnCall = call =>
            {
                if (call == 20)
                {
                    cancellation.Cancel();
                }
            },
        };
        Problem done = Bowl.Problem(0, new RunLimits { Iterations = 3 });
        Problem cut = Bowl.Problem(1, new RunLimits { Iterations = 1000 });

        new BatchedEngine(oracle).Run([done, cut], cancellation: cancellation.Token);

        done.Stop.ShouldBe(StopReason.Iterations);
        cut.Stop.ShouldBe(StopReason.Cancelled);
        cut.Iteration.ShouldBe(20);
        cut.Trace.Count.ShouldBe(20);
        cut.LastInput.ShouldNotBeNull();
    }

    [Fact]
    public void A_run_that_is_cancelled_before_it_starts_asks_nothing()
    {
        using WatchedOracle oracle = Bowl.Oracle(concurrency: 4);
        Problem[] problems = [.. Enumerable.Range(0, 5).Select(i => Bowl.Problem(i, new RunLimits()))];
        new BatchedEngine(oracle).Run(problems, cancellation: new CancellationToken(canceled: true));
        oracle.Rows.ShouldBeEmpty();
        problems.ShouldAllBe(p => p.Stop == StopReason.Cancelled && p.Ledger.Charged == 0);
    }
}
