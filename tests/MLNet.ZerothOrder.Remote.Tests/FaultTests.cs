using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using MLNet.ZerothOrder.Data;
using Shouldly;
using Xunit.Abstractions;

namespace MLNet.ZerothOrder.Tests;

public sealed class FaultTests(ITestOutputHelper output)
{
    // docs/remote.md tells of 200.
    private static readonly int FaultyRuns = int.Parse(Environment.GetEnvironmentVariable("ZO_FAULTY_RUNS") ?? "20", System.Globalization.CultureInfo.InvariantCulture);

    public static TheoryData<string, TensorFormat> Kinds()
    {
        var kinds = new TheoryData<string, TensorFormat>();
        foreach (string fault in Faults.All)
        {
            kinds.Add(fault, TensorFormat.Binary);
            kinds.Add(fault, TensorFormat.Json);
        }

        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task After_a_fault_the_rows_are_sent_again_and_the_scores_are_those_of_the_model(string fault, TensorFormat format)
    {
        var broken = new ConcurrentQueue<int>();
        var time = new ImpatientTime();
        bool isBad = false;
        await using TestServer server = await TestServer.StartAsync(answer: (context, next, request) =>
        {
            // Every second question goes wrong. One that is too slow ends the time limits of all requests, so that some would fail every time if there were many of them.
            if (!Volatile.Read(ref isBad) || request < 0 || request % 2 == 1 || (fault == "too slow" && broken.Count > 2))
            {
                return next();
            }

            broken.Enqueue(request);
            return Faults.DoAsync(fault, context, next, time.EndLimits);
        });
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Format = format, Time = time });
        using OnnxClassifierOracle local = Remote.Local();
        int before = server.Rows.Sum(), resent = 0;
        Volatile.Write(ref isBad, true);

        float[] scores = Score(remote, Remote.Digits, rows => Interlocked.Add(ref resent, rows));

        scores.ShouldBe(Remote.Score(local, Remote.Digits));
        broken.ShouldNotBeEmpty();
        if (fault == "slow")
        {
            resent.ShouldBe(0);
        }
        else
        {
            resent.ShouldBeGreaterThan(0);
        }

        if (fault == "too slow")
        {
            // A request that is given up may not have arrived.
            (server.Rows.Sum() - before).ShouldBeInRange(Remote.Digits.Count, Remote.Digits.Count + resent);
        }
        else
        {
            (server.Rows.Sum() - before).ShouldBe(Remote.Digits.Count + resent);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Runs_against_a_faulty_server_exceed_no_budget_lose_no_image_and_find_the_same(bool overGrpc)
    {
        const long Budget = 40;
        string[] faults = overGrpc ? Faults.OfGrpc : Faults.All;
        var time = new ImpatientTime();
        var done = new ConcurrentDictionary<string, int>();
        int seed = 0;
        await using TestServer server = await TestServer.StartAsync("mnist-lenet", answer: (context, next, request) =>
        {
            // A third of all questions goes wrong, in every way there is.
            uint dice = (uint)HashCode.Combine(Volatile.Read(ref seed), request);
            if (request < 0 || Volatile.Read(ref seed) == 0 || dice % 3 != 0)
            {
                return next();
            }

            string fault = faults[dice / 3 % faults.Length];
            done.AddOrUpdate(fault, 1, (_, times) => times + 1);
            return Faults.DoAsync(fault, context, next, time.EndLimits);
        });
        var options = Remote.Impatient with { Retry = new RetryOptions { Retries = 60 }, Time = time };
        using RemoteClassifier remote = RemoteClassifier.Open(overGrpc ? server.GrpcAddress : server.Address, Remote.Digits, options);
        using OnnxClassifierOracle local = Remote.Local("mnist-lenet");
        string wanted = Remote.Text(Remote.Attack(local, "square", count: 3, Budget));
        for (int run = 1; run <= FaultyRuns; run++)
        {
            Volatile.Write(ref seed, run);

            AttackResult result = Remote.Attack(remote, "square", count: 3, Budget);

            result.Runs[0].Images.Count.ShouldBe(3);
            result.Runs[0].Images.ShouldAllBe(image => image.Queries <= Budget && image.Failure == null);
            Remote.Text(result).ShouldBe(wanted);
        }

        done.Keys.ShouldBe(faults, ignoreOrder: true);
        output.WriteLine($"{FaultyRuns} runs of 3 images, {server.Requests} requests, of which {done.Values.Sum()} went wrong: {string.Join(", ", done.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}.");
    }

    [Fact]
    public async Task A_server_that_asks_for_a_wait_gets_it()
    {
        var time = new ImpatientTime();
        await using TestServer server = await TestServer.StartAsync(answer: (context, next, request) =>
        {
            if (request != 3)
            {
                return next();
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "17";
            return Task.CompletedTask;
        });
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Time = time });

        Score(remote, Remote.Digits, null);
        Score(remote, Remote.Digits, null);

        time.Waits.ShouldContain(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task Rows_that_a_server_never_answers_fail_with_its_reason_and_the_others_have_their_scores()
    {
        bool isBad = false;
        await using TestServer server = await TestServer.StartAsync(mostRows: 12, answer: (context, next, request) =>
            Volatile.Read(ref isBad) && request >= 0 && request % 2 == 0 ? Faults.DoAsync("500", context, next) : next());
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Concurrency = 1, Retry = new RetryOptions { Retries = 1 } });
        Volatile.Write(ref isBad, true);
        await using (TestServer down = await TestServer.StartAsync(answer: (context, next, request) => request < 0 ? next() : Faults.DoAsync("500", context, next)))
        {
            Should.Throw<InputException>(() => RemoteClassifier.Open(down.Address, Remote.Digits, Remote.Impatient)).Message.ShouldContain("too much to do");
        }

        // Each request goes wrong once and right once.
        Score(remote, Remote.Digits, null).ShouldAllBe(score => float.IsFinite(score));
    }

    [Fact]
    public async Task Cancelling_leaves_no_request_running()
    {
        using var stop = new CancellationTokenSource();
        bool isBad = false;
        int hanging = 4;
        var gone = new CountdownEvent(4);
        await using TestServer server = await TestServer.StartAsync(mostRows: 2, answer: async (context, next, request) =>
        {
            if (request < 0 || !Volatile.Read(ref isBad))
            {
                await next();
                return;
            }

            if (Interlocked.Decrement(ref hanging) == 0)
            {
                stop.Cancel();
            }

            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                gone.Signal();
            }
        });
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient);
        Volatile.Write(ref isBad, true);
        using QueryBatch batch = ((IQueryOracle)remote).CreateBatch(24);
        batch.Rows = 24;

        await Should.ThrowAsync<OperationCanceledException>(() => remote.ScoreAsync(batch, null, stop.Token));

        // The server has heard of it for each of the four that ran, and the twenty rows behind them were never sent.
        gone.Wait(TimeSpan.FromMinutes(1)).ShouldBeTrue();
        server.Rows.TakeLast(4).ShouldAllBe(rows => rows == 2);
    }

    [Fact]
    public async Task While_a_server_has_too_much_to_do_the_user_is_told_so()
    {
        var told = new ConcurrentQueue<string>();
        await using TestServer server = await TestServer.StartAsync(answer: (context, next, request) => request is >= 0 and < 6 ? Faults.DoAsync("500", context, next) : next());

        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Warn = told.Enqueue });

        told.ShouldNotBeEmpty();
        told.First().ShouldMatch(@"^http://127.0.0.1:\d+/v2/models/mnist-cnn failed \(500 Internal Server Error: too much to do\); it is asked again in \d+ s\.$");
    }

    [Fact]
    public async Task An_answer_of_another_kind_is_reported_after_a_few_attempts_and_not_waited_for()
    {
        await using TestServer server = await TestServer.StartAsync(answer: (context, next, request) => request < 0 ? next() : Faults.DoAsync("fewer rows", context, next));

        Should.Throw<InputException>(() => RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient));

        server.Requests.ShouldBe(4);
    }

    [Fact]
    public async Task A_run_stops_before_it_costs_more_than_it_may()
    {
        await using TestServer server = await TestServer.StartAsync(answer: (context, next, request) =>
            request >= 0 && request % 5 == 4 ? Faults.DoAsync("500", context, next) : next());
        var cost = new CostMeter(perThousand: 10, most: 2.5m);
        using RemoteClassifier remote = RemoteClassifier.Open(server.Address, Remote.Digits, Remote.Impatient with { Cost = cost });

        AttackResult result = Remote.Attack(remote, budget: 5000);

        result.Partial.ShouldBeTrue();
        cost.Refusal!.ShouldContain("2.5");

        // What is charged is sent, unless the limit is reached just then.
        (server.Rows.Sum() * 10 / 1000m).ShouldBeInRange(cost.Spent - (4 * 16 * 10 / 1000m), cost.Spent);
        cost.Spent.ShouldBeInRange(2m, 2.5m);
    }

    private static float[] Score(RemoteClassifier remote, ImageSet images, Action<int>? resending)
    {
        using QueryBatch batch = ((IQueryOracle)remote).CreateBatch(images.Count);
        batch.Rows = images.Count;
        for (int i = 0; i < images.Count; i++)
        {
            images.Image(i).Span.CopyTo(batch.Input(i));
        }

        remote.ScoreAsync(batch, resending, CancellationToken.None).GetAwaiter().GetResult();
        return batch.Scores.Span[..(images.Count * remote.ScoreLength)].ToArray();
    }
}
