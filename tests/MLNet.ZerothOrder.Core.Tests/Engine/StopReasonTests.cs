using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class StopReasonTests
{
    [Fact]
    public void The_first_solving_iterate_ends_a_run_that_stops_on_success()
    {
        const int Directions = 4;
        Problem toTheEnd = Bowl.Problem(1, new RunLimits { Iterations = 40 }, Directions, goal: 0.5);
        Problem stopping = Bowl.Problem(1, new RunLimits { Iterations = 40, StopOnSuccess = true }, Directions, goal: 0.5);
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run([toTheEnd]);
        new BatchedEngine(oracle).Run([stopping]);

        int first = toTheEnd.Trace.TakeWhile(loss => !(loss < 0.5)).Count();
        first.ShouldBeInRange(1, 39, string.Join(' ', toTheEnd.Trace));
        toTheEnd.Stop.ShouldBe(StopReason.Iterations);
        stopping.Stop.ShouldBe(StopReason.Success);
        stopping.Iteration.ShouldBe(first);
        stopping.Trace.ShouldBe(toTheEnd.Trace.Take(first + 1));

        // t whole steps and the iterate's own query; the rest of its step had been sent along with it.
        stopping.QueriesToFirstSolved.ShouldBe((first * (Directions + 1)) + 1);
        toTheEnd.QueriesToFirstSolved.ShouldBe(stopping.QueriesToFirstSolved);
        stopping.Ledger.Charged.ShouldBe((first + 1) * (Directions + 1));
    }

    [Fact]
    public void A_solution_at_the_last_iterate_counts_too()
    {
        var problem = new Problem(
            "p", new ScriptedObjective((0, 3, false), (1, 2, false), (2, 1, true)), new ScriptedOptimizer(1, 2), 0.5f, RandomKey.FromSeed(1),
            new RunLimits { Iterations = 2, StopOnSuccess = true });
        using var oracle = new WatchedOracle(1, (_, _) => 0);
        new BatchedEngine(oracle).Run([problem]);

        (problem.Stop, problem.Iteration).ShouldBe((StopReason.Success, 2));
        problem.QueriesToFirstSolved.ShouldBe((2 * 3) + 1);
        problem.Ledger.Charged.ShouldBe((2 * 3) + 1);
    }

    [Fact]
    public void A_start_that_is_a_solution_costs_one_step()
    {
        Problem problem = Bowl.Problem(1, new RunLimits { Iterations = 10, StopOnSuccess = true }, goal: 1e9);
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run([problem]);
        (problem.Stop, problem.Iteration, problem.QueriesToFirstSolved, problem.Ledger.Charged).ShouldBe((StopReason.Success, 0, 1, 5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_loss_that_does_not_improve_ends_the_run_after_as_many_iterations_as_patience_allows(int patience)
    {
        Problem problem = Bowl.Problem(1, new RunLimits { Iterations = 50, Patience = patience });
        using var oracle = new WatchedOracle(Bowl.Dimension, (_, _) => 3);
        new BatchedEngine(oracle).Run([problem]);
        (problem.Stop, problem.Iteration).ShouldBe((StopReason.NoImprovement, patience));
    }

    [Fact]
    public void Patience_begins_anew_with_every_better_loss()
    {
        var table = new (float, double, bool)[] { (0, 9, false), (1, 9, false), (2, 8, false), (3, 8, false), (4, 8.5, false), (5, 7, false), (6, 7, false), (7, 7, false), (8, 7, false) };
        var problem = new Problem(
            "p", new ScriptedObjective(table), new ScriptedOptimizer(1, 2, 3, 4, 5, 6, 7, 8), 0.5f, RandomKey.FromSeed(1), new RunLimits { Iterations = 8, Patience = 3 });
        using var oracle = new WatchedOracle(1, (_, _) => 0);
        new BatchedEngine(oracle).Run([problem]);
        (problem.Stop, problem.Iteration).ShouldBe((StopReason.Iterations, 8));

        var impatient = new Problem(
            "p", new ScriptedObjective(table), new ScriptedOptimizer(1, 2, 3, 4, 5, 6, 7, 8), 0.5f, RandomKey.FromSeed(1), new RunLimits { Iterations = 8, Patience = 2 });
        new BatchedEngine(oracle).Run([impatient]);
        (impatient.Stop, impatient.Iteration).ShouldBe((StopReason.NoImprovement, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void When_time_is_up_problems_in_flight_still_ask_for_their_last_iterates_and_those_that_wait_ask_nothing(int concurrency)
    {
        var clock = new ManualClock();
        var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value, concurrency) { OnCall = _ => clock.Advance(TimeSpan.FromSeconds(1)) };
        Problem[] problems = [.. Enumerable.Range(0, 6).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 100 }))];

        EngineProgress last = default!;
        new BatchedEngine(oracle, inFlight: 4, time: clock).Run(problems, TimeSpan.FromSeconds(10), progress => last = progress);

        last.Finished.ShouldBe(6);
        problems.ShouldAllBe(problem => problem.Stop == StopReason.Time);
        problems[4..].ShouldAllBe(problem => problem.Ledger.Charged == 0 && problem.Trace.Count == 0);
        foreach (Problem problem in problems[..4])
        {
            problem.Ledger.Charged.ShouldBe((problem.Iteration * 5) + 1);
            problem.Trace.Count.ShouldBe(problem.Iteration + 1);
        }

        problems.Max(p => p.Iteration).ShouldBeInRange(1, 30);
    }

    [Fact]
    public void A_budget_of_one_query_asks_for_the_start_alone()
    {
        Problem problem = Bowl.Problem(1, new RunLimits { Budget = 1 });
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run([problem]);
        (problem.Stop, problem.Iteration, problem.Ledger.Charged, problem.Trace.Count).ShouldBe((StopReason.Budget, 0, 1, 1));
    }

    [Fact]
    public void Any_number_of_iterations_may_be_allowed_where_a_budget_ends_the_run()
    {
        Problem problem = Bowl.Problem(1, new RunLimits { Iterations = int.MaxValue, Budget = 101 });
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run([problem]);
        (problem.Stop, problem.Iteration).ShouldBe((StopReason.Budget, 20));
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
    }
}
