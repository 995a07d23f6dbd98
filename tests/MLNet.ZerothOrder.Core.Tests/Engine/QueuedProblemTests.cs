using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

/// <summary>Problems whose objective is made at their turn.</summary>
public sealed class QueuedProblemTests : IDisposable
{
    private const int Count = 40;
    private const int InFlight = 3;

    private readonly string _path = System.IO.Path.GetTempFileName();
    private readonly List<WeakReference> _made = [];

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(Count)]
    [InlineData(5 * Count)]
    public void The_objectives_in_memory_are_those_in_flight_however_many_wait(int count)
    {
        Problem[] problems = [.. Enumerable.Range(0, count).Select(Deferred)];
        using WatchedOracle oracle = Bowl.Oracle();
        int most = 0;

        new BatchedEngine(oracle, InFlight).Run(problems, progress: _ =>
        {
            GC.Collect();
            most = Math.Max(most, _made.Count(made => made.IsAlive));
        });

        _made.Count.ShouldBe(count);
        most.ShouldBeInRange(1, InFlight + 1);
        GC.Collect();
        _made.Count(made => made.IsAlive).ShouldBeLessThanOrEqualTo(1);
        problems.ShouldAllBe(problem => problem.Stop == StopReason.Iterations);
    }

    [Fact]
    public void They_end_as_problems_that_are_made_at_once_do()
    {
        Problem[] made = [.. Enumerable.Range(0, Count).Select(Made)], deferred = [.. Enumerable.Range(0, Count).Select(Deferred)];
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle, InFlight).Run(made);
        new BatchedEngine(oracle, InFlight).Run(deferred);
        deferred.Select(Result).ShouldBe(made.Select(Result));
    }

    [Fact]
    public void A_run_of_them_that_was_cut_off_goes_on_to_the_same_results()
    {
        Problem[] whole = [.. Enumerable.Range(0, Count).Select(Made)], cut = [.. Enumerable.Range(0, Count).Select(Deferred)], rest = [.. Enumerable.Range(0, Count).Select(Deferred)];
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle, InFlight).Run(whole);
        var identity = new RunIdentity { { "seed", "1" } };
        using var cancellation = new CancellationTokenSource();
        using (var keeper = new CheckpointKeeper(_path, identity, []))
        {
            keeper.Track(cut);
            new BatchedEngine(oracle, InFlight).Run(
                cut, progress: Stop, cancellation: cancellation.Token, checkpoint: keeper);

            // Later charges of an ended problem, such as those of a longer change, are no part of its snapshot.
            cut[0].Ledger.TryCharge(1);
            keeper.End();
        }

        void Stop(EngineProgress state)
        {
            if (state.Finished >= Count / 2)
            {
                cancellation.Cancel();
            }
        }

        int opened = _made.Count;
        using (var keeper = new CheckpointKeeper(_path, identity, [], Checkpoint.Read(_path)))
        {
            keeper.Track(rest);
            new BatchedEngine(oracle, InFlight).Run(rest, checkpoint: keeper);
        }

        rest.Select(Result).ShouldBe(whole.Select(Result));
        (_made.Count - opened).ShouldBeLessThanOrEqualTo((Count / 2) + InFlight);
    }

    private static string Result(Problem problem) => string.Join('\n', Outcome.Of(problem).Split('\n').Where((_, line) => line != 3));

    private static Problem Made(int number) => Bowl.Problem(number, new RunLimits { Iterations = 4 }, goal: 0.5);

    private Problem Deferred(int number)
    {
        Problem made = Made(number);
        RandomKey key = made.Key;
        return new Problem(made.Id, Bowl.Dimension, () => (Make(), key), made.Optimizer, made.Smoothing, new RunLimits { Iterations = 4 });
    }

    private GoalObjective Make()
    {
        var objective = new GoalObjective(Bowl.Dimension, 0.5);
        _made.Add(new WeakReference(objective));
        return objective;
    }
}
