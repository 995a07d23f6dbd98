using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What must hold in every result document.</summary>
internal static class ResultChecks
{
    public static JsonElement Run(this JsonElement document, int run = 0) => document.GetProperty("runs")[run];

    public static IEnumerable<JsonElement> Problems(this JsonElement document, int run = 0) => document.Run(run).GetProperty("problems").EnumerateArray();

    /// <summary>The problems' text, byte for byte.</summary>
    public static string ProblemText(this JsonElement document, int run = 0) => document.Run(run).GetProperty("problems").GetRawText();

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static bool Truth(this JsonElement element, string name) => element.GetProperty(name).GetBoolean();

    public static bool IsNull(this JsonElement element, string name) => element.GetProperty(name).ValueKind == JsonValueKind.Null;

    public static double[] Numbers(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];

    /// <summary>Fields, their types, and all that follows from the numbers themselves.</summary>
    public static void Consistent(JsonElement document, int directions, string folder)
    {
        document.Text("tool").ShouldBe("zo");
        document.Text("version").ShouldMatch(@"\A\d+\.\d+\.\d+\z");
        document.Text("command").ShouldStartWith("zo ", Case.Sensitive);
        document.Truth("partial").ShouldBeFalse();
        document.TryGetProperty("failure", out _).ShouldBeFalse();
        _ = document.GetProperty("seed").GetInt64();
        (document.GetProperty("overheadQueries").GetInt64() > 0).ShouldBeTrue();
        document.GetProperty("skipped").ValueKind.ShouldBe(JsonValueKind.Array);

        JsonElement model = document.GetProperty("model");
        File.Exists(model.Text("path")).ShouldBeTrue();
        model.Text("sha256").ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(model.Text("path")))));
        model.Text("input").ShouldNotBe("");
        (model.GetProperty("classes").GetInt32() > 1).ShouldBeTrue();
        (new[] { "logits", "log-probabilities", "probabilities" }).ShouldContain(model.Text("output"));

        JsonElement timing = document.GetProperty("timing");
        (timing.Number("seconds") > 0).ShouldBeTrue();
        timing.Number("oracleSeconds").ShouldBeInRange(0, timing.Number("seconds"));
        double total = Enumerable.Range(0, document.GetProperty("runs").GetArrayLength()).Sum(r => document.Run(r).GetProperty("summary").Number("totalQueries"));
        timing.Number("queriesPerSecond").ShouldBe(total / timing.Number("seconds"), 1e-6 * total);

        foreach (JsonElement run in document.GetProperty("runs").EnumerateArray())
        {
            run.Text("optimizer").ShouldNotBe("");
            run.GetProperty("settings").GetProperty("directions").GetInt32().ShouldBe(directions);
            foreach (var problem in run.GetProperty("problems").EnumerateArray())
            {
                Problem(problem, directions, folder);
            }
            Summary(run.GetProperty("summary"), [.. run.GetProperty("problems").EnumerateArray()]);
        }
    }

    private static void Problem(JsonElement problem, int directions, string folder)
    {
        problem.Text("id").ShouldNotBe("");
        _ = problem.GetProperty("label").GetInt32();
        _ = problem.GetProperty("trial").GetInt32();
        double[] trace = problem.Numbers("trace");
        long steps = trace.Length - 1;
        if (problem.Text("stopReason") != "success")
        {
            // A success whose file does not hold at once costs up to 11 queries more.
            long more = problem.GetProperty("queries").GetInt64() - (((directions + 1) * steps) + 1);
            more.ShouldBeInRange(0, problem.GetProperty("savedSuccess").ValueKind == JsonValueKind.Null ? 0 : 11);
        }

        problem.Number("initialLoss").ShouldBe(trace[0]);
        problem.Number("finalLoss").ShouldBe(trace[^1]);
        problem.Number("bestLoss").ShouldBe(trace.Min());
        (new[] { "iterations", "budget", "success", "noImprovement", "time" }).ShouldContain(problem.Text("stopReason"));

        if (!problem.Truth("success"))
        {
            string[] ofSuccess = ["queriesToFirstSuccess", "distortion", "firstDistortion", "adversarialLabel", "imageFile", "savedSuccess"];
            foreach (var field in ofSuccess)
            {
                problem.IsNull(field).ShouldBeTrue(field);
            }
            return;
        }

        // The first query of a step is its iterate.
        long first = problem.GetProperty("queriesToFirstSuccess").GetInt64();
        (first % (directions + 1)).ShouldBe(1);
        first.ShouldBeInRange(1, problem.GetProperty("queries").GetInt64());
        problem.GetProperty("adversarialLabel").GetInt32().ShouldNotBe(problem.GetProperty("label").GetInt32());
        File.Exists(Path.Combine(folder, problem.Text("imageFile"))).ShouldBeTrue();
        (problem.GetProperty("savedSuccess").ValueKind is JsonValueKind.True or JsonValueKind.False).ShouldBeTrue();
        foreach (string name in new[] { "distortion", "firstDistortion" })
        {
            JsonElement distortion = problem.GetProperty(name);
            distortion.Number("linf").ShouldBeInRange(0, 1);
            distortion.Number("l2").ShouldBeInRange(distortion.Number("linf"), distortion.Number("l1") + 1e-9);
        }
    }

    private static void Summary(JsonElement summary, JsonElement[] problems)
    {
        int n = problems.Length;
        int successes = problems.Count(p => p.Truth("success"));
        double rate = (double)successes / n;
        summary.GetProperty("problems").GetInt32().ShouldBe(n);
        summary.Number("successRate").ShouldBe(rate, 1e-12);
        summary.Number("savedSuccessRate").ShouldBe(problems.Count(p => p.GetProperty("savedSuccess").ValueKind == JsonValueKind.True) / (double)n, 1e-12);

        // The ends of Wilson's interval are the rates p whose own deviation lets the observed rate be 1.96 of it away.
        double[] interval = summary.Numbers("successRateInterval95");
        interval.Length.ShouldBe(2);
        foreach (var p in interval)
        {
            (Math.Pow(1.959963984540054, 2) * p * (1 - p) / n).ShouldBe(Math.Pow(rate - p, 2), 1e-9);
        }
        (interval[0] <= rate && rate <= interval[1] && interval[0] < interval[1]).ShouldBeTrue();

        double held = summary.Number("savedSuccessRate");
        foreach (var p in summary.Numbers("savedSuccessRateInterval95"))
        {
            (Math.Pow(1.959963984540054, 2) * p * (1 - p) / n).ShouldBe(Math.Pow(held - p, 2), 1e-9);
        }
        Medians(summary.GetProperty("medians"), [.. problems.Where(p => p.Truth("success"))]);

        summary.Number("meanInitialLoss").ShouldBe(problems.Average(p => p.Number("initialLoss")), 1e-9);
        summary.Number("meanFinalLoss").ShouldBe(problems.Average(p => p.Number("finalLoss")), 1e-9);
        double[][] traces = [.. problems.Select(p => p.Numbers("trace"))];
        double[] curve = summary.Numbers("meanLossByIteration");
        curve.Length.ShouldBe(traces.Max(t => t.Length));
        foreach (var point in curve.Index())
        {
            point.Item.ShouldBe(traces.Average(t => t[Math.Min(point.Index, t.Length - 1)]), 1e-9);
        }
        summary.Number("meanLossOverIterations").ShouldBe(curve[1..].Average(), 1e-9);

        double[][] ofImages = [.. problems.GroupBy(p => p.Text("id")).Select(image => image.Select(p => p.Number("finalLoss")).ToArray())];
        Quantiles(ofImages, summary.GetProperty("finalLossOverImages"));
        Error(ofImages, summary, "meanFinalLossStandardError");
        ofImages = [.. problems.GroupBy(p => p.Text("id")).Select(image => image.Select(p => OverIterations(p.Numbers("trace"), curve.Length - 1)).ToArray())];
        Quantiles(ofImages, summary.GetProperty("lossOverIterationsOverImages"));
        Error(ofImages, summary, "meanLossOverIterationsStandardError");

        double[] first = [.. problems.Where(p => p.Truth("success")).Select(p => p.Number("queriesToFirstSuccess")).Order()];
        if (first.Length > 0)
        {
            summary.Number("meanQueriesToFirstSuccess").ShouldBe(first.Average(), 1e-9);
            summary.Number("medianQueriesToFirstSuccess").ShouldBe((first[(first.Length - 1) / 2] + first[first.Length / 2]) / 2, 1e-9);
            summary.Number("meanL1AtFirstSuccess").ShouldBe(problems.Where(p => p.Truth("success")).Average(p => p.GetProperty("firstDistortion").Number("l1")), 1e-9);
        }
        else
        {
            (summary.IsNull("meanQueriesToFirstSuccess") && summary.IsNull("medianQueriesToFirstSuccess") && summary.IsNull("meanL1AtFirstSuccess")).ShouldBeTrue();
        }

        summary.GetProperty("totalQueries").GetInt64().ShouldBe(problems.Sum(p => p.GetProperty("queries").GetInt64()));
    }

    private static void Medians(JsonElement medians, JsonElement[] successes)
    {
        Median("queriesToFirstSuccess", p => p.Number("queriesToFirstSuccess"));
        Median("iterationsToFirstSuccess", null);
        Median("l1", p => p.GetProperty("distortion").Number("l1"));
        Median("l2", p => p.GetProperty("distortion").Number("l2"));
        Median("linf", p => p.GetProperty("distortion").Number("linf"));

        void Median(string name, Func<JsonElement, double>? figure)
        {
            if (successes.Length == 0)
            {
                medians.IsNull(name).ShouldBeTrue(name);
                return;
            }

            JsonElement median = medians.GetProperty(name);
            if (figure is not null)
            {
                double[] sorted = [.. successes.Select(figure).Order()];
                median.Number("median").ShouldBe((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, 1e-9);
            }

            if (successes.Select(p => p.Text("id")).Distinct().Count() < 2)
            {
                median.IsNull("interval95").ShouldBeTrue(name);
                return;
            }

            double[] interval = median.Numbers("interval95");
            interval.Length.ShouldBe(2);
            median.Number("median").ShouldBeInRange(interval[0], interval[1]);
        }
    }

    private static double OverIterations(double[] trace, int horizon) =>
        Enumerable.Range(1, horizon).Average(t => trace[Math.Min(t, trace.Length - 1)]);

    private static void Quantiles(double[][] ofImages, JsonElement quantiles)
    {
        double[] means = [.. ofImages.Select(image => image.Average()).Order()];
        quantiles.Number("min").ShouldBe(means[0], 1e-9);
        quantiles.Number("p50").ShouldBe((means[(means.Length - 1) / 2] + means[means.Length / 2]) / 2, 1e-9);
        quantiles.Number("max").ShouldBe(means[^1], 1e-9);
        double[] inOrder = [.. new[] { "min", "p5", "p25", "p50", "p75", "p95", "max" }.Select(name => quantiles.Number(name))];
        inOrder.ShouldBe(inOrder.Order());
    }

    // Of images with equally many trials: the deviation of their means over the root of their number.
    private static void Error(double[][] ofImages, JsonElement summary, string name)
    {
        double[] means = [.. ofImages.Select(image => image.Average())];
        if (means.Length < 2)
        {
            summary.IsNull(name).ShouldBeTrue(name);
            return;
        }

        double variance = means.Sum(m => Math.Pow(m - means.Average(), 2)) / (means.Length - 1);
        summary.Number(name).ShouldBe(Math.Sqrt(variance / means.Length), 1e-9);
    }
}
