using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What stands between an attack and its model: on models that fail, answer by chance, or cost money.</summary>
public sealed class OracleOptionTests : IDisposable
{
    private static readonly string[] Short = ["--iterations", "10", "--smoothing", "0.001", "--pixels", "0..1", "--json"];

    private readonly TinyTask _task = new();
    private readonly ManualTime _time = new(firesAtOnce: true);

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Retries_give_the_results_of_a_model_that_never_fails()
    {
        JsonElement sound = Run(_task.Model).Done().Document;
        JsonElement flaky = Run(Flaky(), "--retries", "30").Done().Document;

        flaky.Problems().Select(Trace).ShouldBe(sound.Problems().Select(Trace));
        flaky.Problems().Select(p => p.Number("queries")).ShouldBe(sound.Problems().Select(p => p.Number("queries")));
        double retried = flaky.Problems().Sum(p => p.TryGetProperty("retriedQueries", out JsonElement queries) ? queries.GetDouble() : 0);
        retried.ShouldBeInRange(1, flaky.Number("retriedQueries"));
        flaky.Run().GetProperty("summary").Number("retriedQueries").ShouldBe(retried);
        sound.TryGetProperty("retriedQueries", out _).ShouldBeFalse();
        _time.Waits.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_budget_holds_for_retries_too()
    {
        const int budget = 100;
        Outcome outcome = Run(Flaky(), "--retries", "30", "--budget", $"{budget}").Done();

        foreach (var p in outcome.Document.Problems())
        {
            double retried = p.TryGetProperty("retriedQueries", out JsonElement queries) ? queries.GetDouble() : 0;
            (p.Number("queries") + retried).ShouldBeInRange(1, budget);
            p.Text("stopReason").ShouldBe("budget");
        }
        (outcome.Document.Number("retriedQueries") > 0).ShouldBeTrue();
    }

    [Fact]
    public void The_summary_tells_what_was_asked_again()
    {
        string[] args = [.. Args(Flaky(), "--retries", "30").Where(word => word != "--json")];
        Run(args).Done().Output.ShouldMatch(@"queries \(and 148 for checks, [\d,]+ asked again after a failure\) in");
    }

    [Fact]
    public void Without_retries_the_images_that_fail_are_set_aside_and_the_others_are_done()
    {
        // A first pixel that leaves black, but is not yet half white, makes NaN.
        float[] pixels = [.. _task.Pixels.Select(p => p < 0.5f ? 0f : 1f)];
        int[] labels = [.. Enumerable.Range(0, TinyTask.Count).Select(i => _task.Classifier.Expected(pixels.AsSpan(i * 16, 16))).Select(scores => Array.IndexOf(scores, scores.Max()))];
        bool[] black = [.. Enumerable.Range(0, TinyTask.Count).Select(i => pixels[i * 16] == 0)];
        black.ShouldContain(true);
        black.ShouldContain(false);
        string model = Model("grey.onnx", graph => graph
            .Constant("mask", [16, 1], [1, .. new float[15]]).Constant("low", [], 1e-5f).Constant("high", [], 0.5f)
            .Node("MatMul", ["row", "mask"], ["first"])
            .Node("Sub", ["first", "low"], ["above"])
            .Node("Sub", ["first", "high"], ["below"])
            .Node("Mul", ["above", "below"], ["outside"])
            .Node("Sqrt", ["outside"], ["root"])
            .Node("Mul", ["root", "zero"], ["more"]));
        Outcome outcome = Run(
            "attack", "--model", model, "--images", _task.Npy("black-white.npy", [TinyTask.Count, 1, 4, 4], pixels), "--labels", _task.Text("bw.txt", string.Join('\n', labels)),
            "--settings", _task.Text("slow.json", """{"optimizers": {"zo-adam": {"stepSize": 0.16}}}"""), "--optimizer", "zo-adam", "--out", _task.Out, "--iterations", "6",
            "--smoothing", "0.001", "--pixels", "0..1", "--json");

        JsonElement result = outcome.Done().Document;
        result.Truth("partial").ShouldBeFalse();
        JsonElement[] problems = [.. result.Problems()];
        problems.Select(p => p.Text("stopReason") == "failed").ShouldBe(black);
        foreach (var p in problems.Where(p => p.Text("stopReason") == "failed"))
        {
            p.Text("failure").ShouldStartWith("The oracle gave NaN as a score for image", Case.Sensitive);
        }
        foreach (var p in problems.Where(p => p.Text("stopReason") != "failed"))
        {
            p.GetProperty("trace").GetArrayLength().ShouldBe(7);
        }
        result.Run().GetProperty("summary").Number("failed").ShouldBe(black.Count(b => b));
    }

    [Fact]
    public void What_was_asked_before_is_answered_from_memory_and_counted_all_the_same()
    {
        // Both optimizers start from the clean image, which was asked for already, in the same directions.
        string[] compare = [.. _task.Args("compare"), "--optimizers", "zo-sgd,zo-adam", .. Short];
        JsonElement plain = Run(compare).Done().Document;
        JsonElement cached = Run([.. compare, "--cache"]).Done().Document;

        cached.Number("cachedQueries").ShouldBeInRange(22 * TinyTask.Count, cached.Run(1).GetProperty("summary").Number("totalQueries"));
        plain.TryGetProperty("cachedQueries", out _).ShouldBeFalse();
        (cached.ProblemText(0), cached.ProblemText(1)).ShouldBe((plain.ProblemText(0), plain.ProblemText(1)));
    }

    [Fact]
    public void A_repeat_check_finds_answers_by_chance_and_no_others()
    {
        JsonElement plain = Run(_task.Model).Done().Document;
        JsonElement steady = Run(_task.Model, "--repeat-check", "2").Done().Document;
        steady.Problems().Select(Trace).ShouldBe(plain.Problems().Select(Trace));
        (steady.Number("checkQueries") > 0).ShouldBeTrue();

        string chance = Model("chance.onnx", graph => graph.Node("RandomUniformLike", ["some"], ["draw"]).Node("Mul", ["draw", "some"], ["more"]));
        Outcome outcome = Run(chance, "--repeat-check", "1");
        outcome.Code.ShouldBe(4);
        outcome.Error.ShouldMatch(@"\Azo: note: Model [^\n]*\nzo: The oracle gave [^\n]* of the same row; its answers belong to other rows, are outdated, or are random\.\r?\n\z");
    }

    [Fact]
    public void Answers_that_are_averaged_all_count_and_a_steady_model_gives_the_same_problems()
    {
        JsonElement plain = Run(_task.Model).Done().Document;
        JsonElement averaged = Run(_task.Model, "--answers", "3").Done().Document;

        averaged.Problems().Select(Trace).ShouldBe(plain.Problems().Select(Trace));
        averaged.Problems().Select(p => p.GetProperty("queries").GetInt64()).ShouldBe(plain.Problems().Select(p => 3 * p.GetProperty("queries").GetInt64()));
        (averaged.GetProperty("overheadQueries").GetInt64() - TinyTask.Count).ShouldBe(3 * (plain.GetProperty("overheadQueries").GetInt64() - TinyTask.Count));

        JsonElement bounded = Run(_task.Model, "--answers", "3", "--budget", "200").Done().Document;
        foreach (var p in bounded.Problems())
        {
            p.GetProperty("queries").GetInt64().ShouldBeInRange(1, 200);
        }
        foreach (var p in bounded.Problems())
        {
            (p.GetProperty("queries").GetInt64() % 3).ShouldBe(0);
        }
    }

    [Fact]
    public void A_rate_and_a_timeout_are_held_by_the_clock()
    {
        JsonElement result = Run(_task.Model, "--max-rate", "1000", "--threads", "1", "--batch", "21").Done().Document;
        double queries = result.Run().GetProperty("summary").Number("totalQueries") + result.Number("overheadQueries") - TinyTask.Count;

        // The images are tried once while the model is loaded, without a limit. Nobody waits after the last call, which is one of the check of the results.
        _time.Now.TotalSeconds.ShouldBeInRange((queries - 42) / 1000, queries / 1000);

        // A call that surely lasts until its caller waits for it.
        var patient = new ManualTime();
        Run(["attack", "--model", Zo.LeNet, "--count", "1", "--iterations", "1", "--directions", "2000", "--batch", "2001", "--optimizer", "zo-sgd", "--out", _task.Out, "--quiet", "--call-timeout", "7"], patient).Done();
        patient.Waits.ShouldContain(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void A_simulated_defence_changes_the_answers_and_its_noise_is_the_same_in_every_run()
    {
        string[] Traces(params string[] more) => [.. Run(_task.Model, more).Done().Document.Problems().Select(Trace)];
        string[] plain = Traces(), noisy = Traces("--defend", "score-noise=0.5,input-noise=0.01");

        noisy.ShouldNotBe(plain);
        Traces("--defend", "score-noise=0.5,input-noise=0.01", "--batch", "7").ShouldBe(noisy);
        Traces("--defend", "score-noise=0").ShouldBe(plain);
        Traces("--defend", "round=1").ShouldNotBe(plain);
    }

    private static string Trace(JsonElement problem) => problem.GetProperty("trace").GetRawText();

    private Outcome Run(string[] args, TimeProvider? time = null)
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(new Session(args, new Terminal(output, error), default) { Time = time ?? _time });
        return Outcome.Of(code, output.ToString(), error.ToString());
    }

    private Outcome Run(string model, params string[] more) => Run(model == "attack" ? [model, .. more] : Args(model, more));

    private string[] Args(string model, params string[] more) => [.. _task.Args("attack").Select(word => word == _task.Model ? model : word), .. Short, .. more];

    // Every fiftieth row or so gets NaN, another one each time.
    private string Flaky() => Model("flaky.onnx", graph => graph
        .Node("RandomUniformLike", ["some"], ["draw"])
        .Node("Sub", ["draw", "some"], ["left"])
        .Node("Sqrt", ["left"], ["root"])
        .Node("Mul", ["root", "zero"], ["more"]));

    /// <summary>The task's classifier, to whose scores "more" is added; "row" are the pixels, "some" is 0.02, but 0 for a blank image, which loading asks about.</summary>
    private string Model(string name, Func<OnnxWriter, OnnxWriter> more)
    {
        TinyClassifier tiny = _task.Classifier;
        OnnxWriter graph = new OnnxWriter()
            .Input("image", OnnxWriter.Float32, "N", 1, 4, 4)
            .Integers("flat", -1, 16)
            .Constant("w", [5, 16], [.. Enumerable.Range(0, 80).Select(i => tiny.Weight(i / 16, i % 16))])
            .Constant("b", [5], [.. Enumerable.Range(0, 5).Select(tiny.Bias)])
            .Constant("zero", [], 0f).Constant("one", [], 1f).Constant("share", [], 0.02f)
            .Constant("neighbours", [16, 1], [1e6f, -1e6f, .. new float[14]])
            .Node("Reshape", ["image", "flat"], ["row"])
            .Node("Gemm", ["row", "w", "b"], ["scores"], ("transB", 1L))
            .Node("MatMul", ["row", "neighbours"], ["difference"])
            .Node("Abs", ["difference"], ["contrast"])
            .Node("Min", ["contrast", "one"], ["seen"])
            .Node("Mul", ["seen", "share"], ["some"]);
        return more(graph).Node("Add", ["scores", "more"], ["logits"]).Output("logits", OnnxWriter.Float32, "N", 5).Save(_task.At(name));
    }
}
