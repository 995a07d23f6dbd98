using MLNet.ZerothOrder.Tests.Attacks;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class DecoratorTests
{
    private static readonly float[] Rows = [.. Enumerable.Range(0, 8 * TinyClassifier.Shape.Length).Select(i => (i * 7 % 31) / 31f)];

    [Fact]
    public void Only_rows_without_scores_are_asked_again_and_each_is_charged_before()
    {
        using var faulty = new FaultyOracle(Fault.Short) { Fails = number => number == 1 };
        using var oracle = new RetryingOracle(faulty, time: new ManualTime(firesAtOnce: true));
        var ledger = new QueryLedger(100);
        float[] scores = Ask(oracle, 8, ledger);

        scores.ShouldBe(Truth(8));
        faulty.All.ShouldBe(8 + 4);
        (oracle.RetriedQueries, ledger.Charged, ledger.Retried).ShouldBe((4, 0, 4));
    }

    [Fact]
    public void Waits_between_retries_grow_to_their_bound()
    {
        var time = new ManualTime(firesAtOnce: true);
        using var oracle = new RetryingOracle(
            new FaultyOracle(Fault.Throw) { Fails = _ => true },
            new RetryOptions { Retries = 12, FirstWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromSeconds(20) }, time);

        OracleException failure = Should.Throw<OracleException>(() => Ask(oracle, 8));

        failure.Message.ShouldBe("the model caught fire; 12 retries did not help.");
        time.Waits.Count.ShouldBe(12);
        time.Waits.ShouldAllBe(wait => wait <= TimeSpan.FromSeconds(20));
        time.Waits[^1].ShouldBeGreaterThan(time.Waits[0]);
    }

    [Fact]
    public void Retries_end_where_all_that_may_be_sent_again_have_been()
    {
        using var faulty = new FaultyOracle(Fault.Throw) { Fails = _ => true };
        using var oracle = new RetryingOracle(faulty, new RetryOptions { MostRetriedQueries = 11 }, new ManualTime(firesAtOnce: true));

        Should.Throw<OracleException>(() => Ask(oracle, 8));

        oracle.RetriedQueries.ShouldBe(11);
        faulty.All.ShouldBe(8 + 11);
        Should.Throw<OracleException>(() => Ask(oracle, 8)).Message.ShouldBe("the model caught fire; the limit of 11 retried queries is reached.");
        faulty.All.ShouldBe(8 + 11 + 8);
    }

    [Fact]
    public void A_row_whose_budget_has_no_room_fails_and_the_others_are_asked_again()
    {
        using var faulty = new FaultyOracle(Fault.Throw) { Fails = number => number == 1 };
        using var oracle = new RetryingOracle(faulty, time: new ManualTime(firesAtOnce: true));
        using QueryBatch batch = Batch(oracle, 8);
        var poor = new QueryLedger(3);
        poor.TryCharge(3);
        batch.Ledger(5) = poor;

        oracle.Score(batch);

        Enumerable.Range(0, 8).Where(row => !batch.IsAnswered(row)).ShouldBe([5]);
        batch.FailureOf(5, "image 5", 1)!.Message.ShouldBe("the model caught fire; the budget of 3 queries has no room for a retry.");
        faulty.All.ShouldBe(8 + 7);
    }

    [Fact]
    public void A_cancelled_wait_ends_the_call()
    {
        using var cancellation = new CancellationTokenSource();
        using var oracle = new RetryingOracle(
            new FaultyOracle(Fault.Throw)
            {
                Fails = _ =>
                {
                    cancellation.Cancel();
                    return true;
                },
            },
            time: new ManualTime(), cancellation: cancellation.Token);
        Should.Throw<OperationCanceledException>(() => Ask(oracle, 8));
    }

    [Fact]
    public void A_call_that_hangs_is_given_up_and_its_late_answer_read_by_nobody()
    {
        var time = new ManualTime();
        var faulty = new FaultyOracle(Fault.Hang, time: time) { Fails = number => number <= 2 };
        using var oracle = new TimeoutOracle(faulty, TimeSpan.FromSeconds(30), mostAbandoned: 2, time);
        using QueryBatch batch = Batch(oracle, 8);

        Should.Throw<OracleException>(() => oracle.Score(batch)).Message.ShouldBe("The oracle gave no answer within 30 s.");
        Should.Throw<OracleException>(() => oracle.Score(batch));
        oracle.AbandonedCalls.ShouldBe(2);
        Should.Throw<OracleException>(() => oracle.Score(batch)).Message.ShouldStartWith("2 earlier calls");
        faulty.Calls.ShouldBe(2);
        Enumerable.Range(0, 8).ShouldAllBe(row => !batch.IsAnswered(row));

        faulty.Dispose();
        SpinWait.SpinUntil(() => oracle.AbandonedCalls == 0);
        oracle.Score(batch);
        batch.Scores.ToArray().ShouldBe(Truth(8));
    }

    [Fact]
    public void Queries_are_spaced_as_the_rate_says()
    {
        var time = new ManualTime(firesAtOnce: true);
        using var oracle = new RateLimitedOracle(new FaultyOracle(null), 4, time);
        for (int call = 0; call < 5; call++)
        {
            Ask(oracle, 8).ShouldBe(Truth(8));
        }

        time.Now.ShouldBe(TimeSpan.FromSeconds(8));
        time.Advance(TimeSpan.FromSeconds(100));
        Ask(oracle, 8);
        time.Waits.Count.ShouldBe(4, "the first call waits for nobody, nor does one after a rest");
    }

    [Fact]
    public void What_was_asked_before_is_answered_from_memory_and_the_rest_in_one_call()
    {
        using var faulty = new FaultyOracle(null);
        using var oracle = new CachingOracle(faulty);
        Ask(oracle, 5).ShouldBe(Truth(5));
        Ask(oracle, 8).ShouldBe(Truth(8));
        Ask(oracle, 8).ShouldBe(Truth(8));
        (faulty.All, faulty.Calls, oracle.FoundQueries, oracle.Count).ShouldBe((8, 2, 5 + 8, 8));
    }

    [Fact]
    public void The_cache_forgets_the_oldest_and_never_what_failed()
    {
        using var faulty = new FaultyOracle(Fault.NotANumber) { Fails = number => number == 1 };
        using var oracle = new CachingOracle(faulty, mostBytes: 3 * ((4 * (16 + 3)) + 160));
        Ask(oracle, 2).ShouldContain(float.NaN);
        oracle.Count.ShouldBe(1);
        Ask(oracle, 8).ShouldBe(Truth(8));
        oracle.Count.ShouldBe(3);
        long before = faulty.All;
        Ask(oracle, 5).ShouldBe(Truth(5));
        (faulty.All - before).ShouldBe(5);
    }

    [Fact]
    public void A_stochastic_oracle_is_remembered_by_key_as_well()
    {
        using var faulty = new FaultyOracle(null);
        using var oracle = new CachingOracle(faulty, isStochastic: true);
        Ask(oracle, 8, step: 1);
        Ask(oracle, 8, step: 2);
        Ask(oracle, 8, step: 2);
        faulty.All.ShouldBe(16);
    }

    [Theory]
    [InlineData(Fault.Permuted)]
    [InlineData(Fault.Stale)]
    public void Answers_of_other_rows_are_found(Fault fault)
    {
        using var oracle = new RepeatCheckOracle(new FaultyOracle(fault) { Fails = number => number == 3 }, everyCalls: 1);
        Ask(oracle, 7).ShouldBe(Truth(7));
        Should.Throw<OracleException>(() => Ask(oracle, 8)).Message.ShouldContain("of the same row; its answers belong to other rows, are outdated, or are random");
        oracle.CheckQueries.ShouldBe(2);
    }

    [Fact]
    public void A_replayed_attack_comes_to_the_same_results_without_the_target()
    {
        using var folder = new TempFolder();
        string path = folder.At("attack.zorec");
        AttackResult first, second;
        using (var oracle = new RecordingOracle(new FaultyOracle(null), path))
        {
            first = Attack(oracle);
        }

        using (ReplayOracle replay = ReplayOracle.Read(path))
        {
            second = Attack(replay);
            replay.Count.ShouldBeGreaterThan(100);
            using QueryBatch other = Batch(replay, 1);
            replay.Score(other);
            other.FailureOf(0, "a row", 1)!.Message.ShouldStartWith("The recording has no answer");
        }

        for (int i = 0; i < first.Runs[0].Images.Count; i++)
        {
            second.Runs[0].Images[i].Trace.ShouldBe(first.Runs[0].Images[i].Trace);
            (second.Runs[0].Images[i].Adversarial?.ToArray()).ShouldBe(first.Runs[0].Images[i].Adversarial?.ToArray());
        }

        static AttackResult Attack(IQueryOracle oracle) => new BlackBoxAttack(
            oracle, new OptimizerRegistry().Create("zo-adam", new OptimizerSettings { Directions = 6 }), new AttackOptions { Limits = new RunLimits { Iterations = 10 } })
            .Run(TinyClassifier.Images([0, 1, 2]));
    }

    [Fact]
    public void A_replayed_attack_on_a_model_with_random_answers_comes_to_the_same_results()
    {
        using var folder = new TempFolder();
        string path = folder.At("noise.zorec");
        string[] first, second;
        using (var oracle = new RecordingOracle(new DefendedOracle(new FaultyOracle(null), new Defence { ScoreNoise = 3 }), path))
        {
            first = Attack(oracle);
        }

        using (ReplayOracle replay = ReplayOracle.Read(path))
        {
            second = Attack(replay);
        }

        second.ShouldBe(first);
        first.ShouldContain(image => image.EndsWith("True"));
        first.ShouldContain(image => image.EndsWith("False"));

        // The best image of a run is asked again, and most of those that were luck are none then.
        static string[] Attack(IQueryOracle oracle) => [.. new BlackBoxAttack(
            oracle, new OptimizerRegistry().Create("signhunter"), new AttackOptions { Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.02 }, Limits = new RunLimits { Budget = 30, Iterations = int.MaxValue, StopOnSuccess = true } })
            .Run(TinyClassifier.Images([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])).Runs[0].Images.Select(image => $"{image.Name}: {string.Join(" ", image.Trace)}, {image.Failure?.Message} {image.Success}")];
    }

    [Fact]
    public void Repeated_rows_are_replayed_in_the_order_of_their_answers()
    {
        using var folder = new TempFolder();
        string path = folder.At("order.zorec");
        float[] answers = [1, 1, 2, 2, 1, 3];
        int at = 0;
        using (var oracle = new RecordingOracle(new DelegateOracle(1, 1, (_, _, scores) => scores[0] = answers[at++]), path))
        {
            Scores(oracle, answers.Length).ShouldBe(answers);
        }

        using ReplayOracle replay = ReplayOracle.Read(path);
        replay.Count.ShouldBe(1);
        Scores(replay, answers.Length + 2).ShouldBe([.. answers, 3, 3]);

        static float[] Scores(IQueryOracle oracle, int times) => [.. Enumerable.Range(0, times).Select(_ => oracle.ScoreRows(1, (_, input) => input[0] = 0.5f)[0])];
    }

    [Fact]
    public void A_recording_that_is_gone_on_with_keeps_what_it_had_and_drops_half_a_record()
    {
        using var folder = new TempFolder();
        string path = folder.At("twice.zorec");
        using (var first = new RecordingOracle(new FaultyOracle(null), path))
        {
            Ask(first, 3);
        }

        File.AppendAllText(path, "half a record");
        using (var second = new RecordingOracle(new FaultyOracle(null), path, append: true))
        {
            Ask(second, 8);
        }

        using (ReplayOracle replay = ReplayOracle.Read(path))
        {
            replay.Count.ShouldBe(8);
            Ask(replay, 8).ShouldBe(Truth(8));
        }

        Should.Throw<InputException>(() => new RecordingOracle(new FaultyOracle(null), path, isStochastic: true, append: true)).Message.ShouldContain("is a recording of other rows");
        using (var third = new RecordingOracle(new FaultyOracle(null), path))
        {
            Ask(third, 1);
        }

        ReplayOracle.Read(path).Count.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_is_no_recording_is_not_replaced_by_one()
    {
        using var folder = new TempFolder();
        foreach (string content in (string[])["M", "precious data, longer than any header"])
        {
            File.WriteAllText(folder.At("precious"), content);
            Should.Throw<InputException>(() => new RecordingOracle(new FaultyOracle(null), folder.At("precious"))).Message.ShouldContain("is not a recording");
            File.ReadAllText(folder.At("precious")).ShouldBe(content);
        }
    }

    [Fact]
    public void A_cancelled_call_is_given_up_like_one_that_hangs()
    {
        using var cancellation = new CancellationTokenSource();
        var faulty = new FaultyOracle(Fault.Hang) { Fails = _ => true };
        using var oracle = new TimeoutOracle(faulty, TimeSpan.FromDays(1), time: new ManualTime(), cancellation: cancellation.Token);
        using QueryBatch batch = Batch(oracle, 8);
        cancellation.Cancel();

        Should.Throw<OperationCanceledException>(() => oracle.Score(batch));
        oracle.AbandonedCalls.ShouldBe(1);
    }

    [Fact]
    public void A_rate_may_ask_for_waits_of_years()
    {
        var time = new ManualTime(firesAtOnce: true);
        using var oracle = new RateLimitedOracle(new FaultyOracle(null), 1e-8, time);
        Ask(oracle, 8);
        Ask(oracle, 1);
        time.Now.ShouldBe(TimeSpan.FromSeconds(8e8));
    }

    [Fact]
    public void Each_decorator_tells_of_its_queries_before_they_are_sent()
    {
        var told = new List<string>();
        using var faulty = new FaultyOracle(Fault.Throw) { Fails = number => number == 1 };
        using var oracle = new CachingOracle(
            new RetryingOracle(new RepeatCheckOracle(faulty, everyCalls: 1) { Checking = n => told.Add($"check {n} after {faulty.Calls}") }, time: new ManualTime(firesAtOnce: true))
            { Retrying = n => told.Add($"retry {n} after {faulty.Calls}") })
        { Found = n => told.Add($"found {n} after {faulty.Calls}") };
        Ask(oracle, 5);
        Ask(oracle, 5);
        told.ShouldBe(["retry 5 after 1", "check 1 after 2", "found 5 after 3"]);
    }

    [Fact]
    public void A_recording_with_any_byte_changed_or_missing_is_refused_or_the_same()
    {
        using var folder = new TempFolder();
        string path = folder.At("two.zorec");
        using (var oracle = new RecordingOracle(new FaultyOracle(null), path))
        {
            Ask(oracle, 2);
        }

        byte[] whole = File.ReadAllBytes(path);
        string changed = folder.At("changed.zorec");
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] bytes = [.. whole];
            bytes[i] ^= 0x81;
            File.WriteAllBytes(changed, bytes);
            Should.Throw<InputException>(() => ReplayOracle.Read(changed)).Message.ShouldStartWith(changed);
            if (i >= Recording.HeaderBytes && (i - Recording.HeaderBytes) % Recording.RecordBytes(16, 3) != 0)
            {
                File.WriteAllBytes(changed, whole[..i]);
                Should.Throw<InputException>(() => ReplayOracle.Read(changed)).Message.ShouldMatch("cut off|no whole record");
            }
        }
    }

    [Fact]
    public void Decorators_pass_on_what_an_oracle_says_of_itself_and_dispose_it()
    {
        using var folder = new TempFolder();
        var faulty = new FaultyOracle(null, concurrency: 3);
        IQueryOracle stack = new RecordingOracle(
            new CachingOracle(new RetryingOracle(new RepeatCheckOracle(new RateLimitedOracle(new TimeoutOracle(faulty, TimeSpan.FromDays(1)), 1e9)))), folder.At("all.zorec"));
        (stack.InputLength, stack.ScoreLength, stack.Concurrency, stack.PreferredRows).ShouldBe((16, 3, 3, ((IQueryOracle)faulty).PreferredRows));
        Ask(stack, 8).ShouldBe(Truth(8));
        stack.Dispose();
        faulty.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public void Any_number_of_threads_may_ask_a_whole_stack()
    {
        using var folder = new TempFolder();
        using var faulty = new FaultyOracle(Fault.Throw, seed: 3, rate: 0.1, concurrency: 8);
        using var stack = new CachingOracle(new RetryingOracle(new RecordingOracle(faulty, folder.At("all.zorec")), new RetryOptions { Retries = 30 }, new ManualTime(firesAtOnce: true)));
        Parallel.For(0, 200, i => Ask(stack, 1 + (i % 8), step: i).ShouldBe(Truth(1 + (i % 8))));
    }

    private static float[] Ask(IQueryOracle oracle, int rows, QueryLedger? ledger = null, int step = 0)
    {
        using QueryBatch batch = Batch(oracle, rows, step);
        for (int row = 0; row < rows; row++)
        {
            batch.Ledger(row) = ledger;
        }

        oracle.Score(batch);
        return [.. batch.Scores.Span[..(rows * batch.ScoreLength)]];
    }

    private static QueryBatch Batch(IQueryOracle oracle, int rows, int step = 0)
    {
        QueryBatch batch = oracle.CreateBatch(8);
        batch.Rows = rows;
        batch.ClearAnswers();
        for (int row = 0; row < rows; row++)
        {
            Rows.AsSpan(row * 16, 16).CopyTo(batch.Input(row));
            batch.Key(row) = new RowKey(9, step);
        }

        return batch;
    }

    private static float[] Truth(int rows) =>
        [.. Enumerable.Range(0, rows).SelectMany(row => TinyClassifier.Logits(Rows.AsSpan(row * 16, 16)).Select(z => (float)z))];
}
