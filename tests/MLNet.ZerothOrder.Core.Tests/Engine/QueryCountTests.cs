using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class QueryCountTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(20, 7, 1)]
    [InlineData(5, 12, 3)]
    public void A_problem_of_T_steps_costs_exactly_q_plus_1_times_T_plus_1_queries_in_the_ledger_and_at_the_oracle(int directions, int iterations, int concurrency)
    {
        Problem[] problems = [.. Enumerable.Range(0, 9).Select(i => Bowl.Problem(i, new RunLimits { Iterations = iterations }, directions))];
        using WatchedOracle oracle = Bowl.Oracle(concurrency, preferredRows: 17);

        new BatchedEngine(oracle, inFlight: 4).Run(problems);

        foreach (Problem problem in problems)
        {
            problem.Stop.ShouldBe(StopReason.Iterations);
            problem.Ledger.Charged.ShouldBe(((directions + 1) * iterations) + 1);
            oracle.RowsOf(problem).ShouldBe(problem.Ledger.Charged);
            problem.Trace.Count.ShouldBe(iterations + 1);

            // A row says whose it is and which step asks; the last iterate belongs to the step after the last.
            for (int step = 1; step <= iterations; step++)
            {
                oracle.Rows[new RowKey(problem.Key.Value, step)].ShouldBe(directions + 1);
            }

            oracle.Rows[new RowKey(problem.Key.Value, iterations + 1)].ShouldBe(1);
        }

        oracle.Rows.Count.ShouldBe(problems.Length * (iterations + 1));
    }

    [Fact]
    public void A_budget_ends_a_run_where_no_whole_step_and_last_iterate_fit_any_more()
    {
        const int Directions = 4;
        const int Iterations = 5;
        Problem[] problems = [.. Enumerable.Range(1, 40).Select(budget => Bowl.Problem(budget, new RunLimits { Iterations = Iterations, Budget = budget }, Directions))];
        using WatchedOracle oracle = Bowl.Oracle();

        new BatchedEngine(oracle).Run(problems);

        for (int budget = 1; budget <= problems.Length; budget++)
        {
            Problem problem = problems[budget - 1];
            int steps = Math.Min(Iterations, (budget - 1) / (Directions + 1));
            problem.Iteration.ShouldBe(steps, problem.Id);
            problem.Ledger.Charged.ShouldBe((steps * (Directions + 1)) + 1);
            problem.Ledger.Charged.ShouldBeLessThanOrEqualTo(budget);
            oracle.RowsOf(problem).ShouldBe(problem.Ledger.Charged);
            problem.Stop.ShouldBe(steps == Iterations ? StopReason.Iterations : StopReason.Budget);
            problem.Trace.Count.ShouldBe(steps + 1);
        }
    }

    [Fact]
    public void A_failing_oracle_can_neither_hide_what_it_was_asked_nor_make_anybody_exceed_a_budget()
    {
        var cases =
            from failAt in Gen.Choose(1, 400)
            from concurrency in Gen.Choose(1, 4)
            from batchRows in Gen.Choose(1, 40)
            from inFlight in Gen.Choose(1, 12)
            from budgets in Gen.ListOf(Gen.Choose(1, 60), 10)
            select (failAt, concurrency, batchRows, inFlight, budgets);
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            Problem[] problems = [.. test.budgets.Select((budget, i) => Bowl.Problem(i, new RunLimits { Iterations = 8, Budget = budget }))];
            var oracle = new WatchedOracle(Bowl.Dimension, Bowl.Value, test.concurrency)
            {
                OnRow = row =>
                {
                    if (row == test.failAt)
                    {
                        throw new OracleException("the model caught fire");
                    }
                },
            };
            bool failed = false;
            try
            {
                new BatchedEngine(oracle, test.inFlight, test.batchRows).Run(problems);
            }
            catch (OracleException e)
            {
                failed = e.Message == "the model caught fire";
            }

            failed.ShouldBe(oracle.Rows.Values.Sum() >= test.failAt);
            for (int i = 0; i < problems.Length; i++)
            {
                Problem problem = problems[i];
                problem.Ledger.Charged.ShouldBeGreaterThanOrEqualTo(oracle.RowsOf(problem));
                problem.Ledger.Charged.ShouldBeLessThanOrEqualTo(test.budgets[i]);
                problem.Stop.ShouldNotBeNull();
                if (problem.Stop == StopReason.Cancelled)
                {
                    failed.ShouldBeTrue();
                }
                else
                {
                    problem.Ledger.Charged.ShouldBe(oracle.RowsOf(problem));
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(80));
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    public void A_score_that_is_no_finite_number_ends_the_run_and_names_the_problem(double bad, string word)
    {
        Problem[] problems = [.. Enumerable.Range(0, 5).Select(i => Bowl.Problem(i, new RunLimits { Iterations = 6 }))];
        ulong victim = problems[3].Key.Value;
        using var oracle = new WatchedOracle(Bowl.Dimension, (input, key) => key.Problem == victim && key.Step == 4 ? bad : Bowl.Value(input, key));

        OracleException error = Should.Throw<OracleException>(() => new BatchedEngine(oracle).Run(problems));

        error.Message.ShouldBe($"The oracle gave {word} as a score for problem 3 at step 4; scores must be finite numbers.");
        problems[3].Stop.ShouldBe(StopReason.Cancelled);
        problems[3].Iteration.ShouldBe(3);
        problems[3].Ledger.Charged.ShouldBe(4 * 5);
    }
}
