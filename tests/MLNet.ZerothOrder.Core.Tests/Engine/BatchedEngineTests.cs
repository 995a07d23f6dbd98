using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class BatchedEngineTests
{
    [Fact]
    public void Finished_problems_leave_the_batch_and_waiting_ones_take_their_place()
    {
        // Lengths differ, so that problems end at different times.
        int[] steps = [3, 9, 1, 5, 7, 2, 4];
        const int InFlight = 3;
        Problem[] problems = [.. steps.Select((n, i) => Bowl.Problem(i, new RunLimits { Iterations = n }))];
        using WatchedOracle oracle = Bowl.Oracle(preferredRows: 1000);

        new BatchedEngine(oracle, InFlight).Run(problems);

        // A simulation of three places: every call carries one row block of each problem that is under way.
        var waiting = new Queue<int>(Enumerable.Range(0, steps.Length));
        var left = new Dictionary<int, int>();
        foreach (ulong[] call in oracle.Calls)
        {
            while (left.Count < InFlight && waiting.TryDequeue(out int next))
            {
                left.Add(next, steps[next] + 1);
            }

            call.Order().ShouldBe(left.Keys.Select(i => problems[i].Key.Value).Order());
            foreach (int i in left.Keys)
            {
                left[i]--;
            }

            left = left.Where(pair => pair.Value > 0).ToDictionary();
        }

        left.ShouldBeEmpty();
        waiting.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(5, 1, 1)]
    [InlineData(10, 4, 2)]
    [InlineData(14, 4, 2)]
    [InlineData(21, 8, 4)]
    public void Without_a_number_as_few_problems_are_in_flight_as_fill_the_batches(int preferredRows, int inFlight, int batch)
    {
        // A step has 5 rows.
        const int Steps = 6;
        Problem[] problems = [.. Enumerable.Range(0, 24).Select(i => Bowl.Problem(i, new RunLimits { Iterations = Steps }))];
        using WatchedOracle oracle = Bowl.Oracle(preferredRows: preferredRows);

        new BatchedEngine(oracle).Run(problems);

        var answered = new Dictionary<ulong, int>();
        ulong[][] calls = [.. oracle.Calls];
        for (int call = 0; call < calls.Length; call++)
        {
            foreach (ulong problem in calls[call])
            {
                answered[problem] = answered.GetValueOrDefault(problem) + 1;
            }

            answered.Count(problem => problem.Value <= Steps).ShouldBeLessThanOrEqualTo(inFlight);
            if (answered.Count < problems.Length)
            {
                calls[call].Length.ShouldBe(batch, $"call {call}");
            }
        }

        answered.Count.ShouldBe(problems.Length);
    }

    [Fact]
    public void A_lone_problems_step_is_shared_out_among_idle_threads()
    {
        // The other thread is idle sooner or later; from then on no call may carry a whole step.
        const int Directions = 30;
        using var cancellation = new CancellationTokenSource();
        using var inner = new DelegateOracle(Bowl.Dimension, 1, (input, key, scores) => scores[0] = (float)Bowl.Value(input, key), concurrency: 2);
        using var oracle = new SizeOracle(inner, rows =>
        {
            if (rows <= (Directions / 2) + 1)
            {
                cancellation.Cancel();
            }
        });
        Problem problem = Bowl.Problem(1, new RunLimits { Iterations = 1_000_000 }, Directions);

        new BatchedEngine(oracle).Run([problem], cancellation: cancellation.Token);

        problem.Stop.ShouldBe(StopReason.Cancelled);
    }

    [Fact]
    public void Batches_are_never_larger_than_asked()
    {
        int largest = 0;
        using var oracle = new DelegateOracle(Bowl.Dimension, 1, (input, key, scores) => scores[0] = (float)Bowl.Value(input, key));
        using var watched = new SizeOracle(oracle, rows => largest = Math.Max(largest, rows));
        new BatchedEngine(watched, batchRows: 7).Run([.. Enumerable.Range(0, 9).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 4 }, directions: 1 + i))]);
        largest.ShouldBe(7);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Progress_counts_what_was_done_and_is_told_one_at_a_time(int concurrency, bool tinyBatches)
    {
        Problem[] problems = [.. Enumerable.Range(0, 40).Select(Bowl.Varied)];
        using WatchedOracle oracle = Bowl.Oracle(concurrency, preferredRows: 20);
        EngineProgress last = default;
        int inside = 0;
        new BatchedEngine(oracle, inFlight: 9, batchRows: tinyBatches ? 3 : null).Run(problems, progress: state =>
        {
            Interlocked.Increment(ref inside).ShouldBe(1);
            state.Problems.ShouldBe(problems.Length);
            state.Finished.ShouldBeInRange(last.Finished, last.Finished + 1);
            state.Solved.ShouldBeInRange(last.Solved, state.Finished);
            state.Steps.ShouldBeInRange(last.Steps, last.Steps + 1);
            state.Queries.ShouldBeGreaterThan(last.Queries);
            last = state;
            Interlocked.Decrement(ref inside);
        });

        last.Finished.ShouldBe(problems.Length);
        last.Steps.ShouldBe(problems.Sum(p => (long)p.Iteration));
        last.Queries.ShouldBe(problems.Sum(p => p.Ledger.Charged));
        last.Queries.ShouldBe(oracle.Rows.Values.Sum());
        last.Solved.ShouldBe(problems.Count(p => p.QueriesToFirstSolved is not null));
        last.Solved.ShouldBeInRange(1, problems.Length - 1);
    }

    [Fact]
    public void A_step_is_counted_as_it_was_asked_though_another_thread_has_the_problem_in_hand_again()
    {
        // The first to be told holds all others up until both problems' last iterates have been asked for: by then the step
        // that waits to be told about is no longer its problem's current one.
        Problem[] problems = [.. Enumerable.Range(0, 2).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 1 }))];
        using var lastIterates = new CountdownEvent(2);
        using var oracle = new WatchedOracle(
            Bowl.Dimension,
            (input, key) =>
            {
                if (key.Step == 2)
                {
                    lastIterates.Signal();
                }

                return Bowl.Value(input, key);
            },
            concurrency: 4);
        EngineProgress last = default;

        new BatchedEngine(oracle).Run(problems, progress: state =>
        {
            lastIterates.Wait();
            last = state;
        });

        (last.Finished, last.Steps, last.Queries).ShouldBe((2, 2, 2 * 6));
    }

    [Fact]
    public void Many_tiny_steps_on_four_threads_give_what_one_thread_gives()
    {
        const int Problems = 200;
        string[] expected = Run(1, 200, null);
        for (int repeat = 0; repeat < 6; repeat++)
        {
            Run(4, 1 + (repeat * 3), repeat % 2 == 0 ? null : 1).ShouldBe(expected);
        }

        static string[] Run(int concurrency, int inFlight, int? batchRows)
        {
            Problem[] problems = [.. Enumerable.Range(0, Problems).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 10 + (i % 7) }, directions: 1 + (i % 2)))];
            using var oracle = new DelegateOracle(Bowl.Dimension, 1, (input, key, scores) => scores[0] = (float)Bowl.Value(input, key), concurrency);
            new BatchedEngine(oracle, inFlight, batchRows).Run(problems);
            return [.. problems.Select(Outcome.Of)];
        }
    }

    [Fact]
    public void No_problems_need_no_oracle()
    {
        using WatchedOracle oracle = Bowl.Oracle();
        new BatchedEngine(oracle).Run([]);
        oracle.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void A_problem_that_has_been_run_or_is_there_twice_is_refused()
    {
        using WatchedOracle oracle = Bowl.Oracle();
        var engine = new BatchedEngine(oracle);
        Problem problem = Bowl.Problem(1, new RunLimits { Iterations = 2 });
        Should.Throw<ArgumentException>(() => engine.Run([problem, problem])).Message.ShouldStartWith("problem 1 has already been run or is listed twice");
        oracle.Calls.ShouldBeEmpty();
        engine.Run([problem]);
        Should.Throw<ArgumentException>(() => engine.Run([problem])).Message.ShouldStartWith("problem 1 has already been run or is listed twice");
        problem.Ledger.Charged.ShouldBe(11);
    }

    [Fact]
    public void Rows_of_another_length_than_the_oracles_are_refused()
    {
        using var oracle = new WatchedOracle(7, Bowl.Value);
        Should.Throw<ArgumentException>(() => new BatchedEngine(oracle).Run([Bowl.Problem(1, new RunLimits())])).Message
            .ShouldStartWith("problem 1 has input rows of 3 floats, but the oracle needs 7.");
    }

    [Fact]
    public void More_directions_than_a_step_can_hold_are_refused()
    {
        using WatchedOracle oracle = Bowl.Oracle();
        Problem problem = Bowl.Problem(1, new RunLimits(), directions: int.MaxValue);
        Should.Throw<InputException>(() => new BatchedEngine(oracle).Run([problem])).Message.ShouldContain("use fewer directions");
    }

    [Fact]
    public void Sizes_below_one_are_refused()
    {
        using WatchedOracle oracle = Bowl.Oracle();
        Should.Throw<ArgumentOutOfRangeException>(() => new BatchedEngine(oracle, inFlight: 0)).ParamName.ShouldBe("inFlight");
        Should.Throw<ArgumentOutOfRangeException>(() => new BatchedEngine(oracle, batchRows: 0)).ParamName.ShouldBe("batchRows");
        Should.Throw<ArgumentOutOfRangeException>(() => new Problem("p", new FunctionObjective(1), new ScriptedOptimizer(), 0, default, new RunLimits())).ParamName.ShouldBe("smoothing");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_exception_of_the_callers_own_code_comes_out_as_it_is(int concurrency)
    {
        using WatchedOracle oracle = Bowl.Oracle(concurrency);
        Problem[] problems = [.. Enumerable.Range(0, 6).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 50 }))];
        Should.Throw<FormatException>(() => new BatchedEngine(oracle).Run(problems, progress: state =>
        {
            if (state.Steps == 30)
            {
                throw new FormatException("the screen is full");
            }
        })).Message.ShouldBe("the screen is full");
        problems.ShouldAllBe(p => p.Stop != null);
    }

    [Fact]
    public void Time_inside_the_oracle_is_summed_over_runs()
    {
        using WatchedOracle oracle = Bowl.Oracle();
        var engine = new BatchedEngine(oracle);
        engine.OracleTime.ShouldBe(TimeSpan.Zero);
        engine.Run([Bowl.Problem(1, new RunLimits { Iterations = 2 })]);
        TimeSpan first = engine.OracleTime;
        first.ShouldBeGreaterThan(TimeSpan.Zero);
        engine.Run([Bowl.Problem(1, new RunLimits { Iterations = 2 })]);
        engine.OracleTime.ShouldBeGreaterThan(first);
    }

    private sealed class SizeOracle(IQueryOracle inner, Action<int> told) : IQueryOracle
    {
        public int InputLength => inner.InputLength;

        public int ScoreLength => inner.ScoreLength;

        public int Concurrency => inner.Concurrency;

        public void Score(QueryBatch batch)
        {
            told(batch.Rows);
            inner.Score(batch);
        }

        public void Dispose()
        {
        }
    }
}
