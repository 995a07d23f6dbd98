using System.Text.Json;

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
        Assert.Equal("zo", document.Text("tool"));
        Assert.Matches(@"\A\d+\.\d+\.\d+\z", document.Text("version"));
        Assert.StartsWith("zo ", document.Text("command"), StringComparison.Ordinal);
        Assert.False(document.Truth("partial"));
        Assert.False(document.TryGetProperty("failure", out _));
        _ = document.GetProperty("seed").GetInt64();
        Assert.True(document.GetProperty("overheadQueries").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Array, document.GetProperty("skipped").ValueKind);

        JsonElement model = document.GetProperty("model");
        Assert.True(File.Exists(model.Text("path")));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(model.Text("path")))), model.Text("sha256"));
        Assert.NotEqual("", model.Text("input"));
        Assert.True(model.GetProperty("classes").GetInt32() > 1);
        Assert.Contains(model.Text("output"), new[] { "logits", "log-probabilities", "probabilities" });

        JsonElement timing = document.GetProperty("timing");
        Assert.True(timing.Number("seconds") > 0);
        Assert.InRange(timing.Number("oracleSeconds"), 0, timing.Number("seconds"));
        double total = Enumerable.Range(0, document.GetProperty("runs").GetArrayLength()).Sum(r => document.Run(r).GetProperty("summary").Number("totalQueries"));
        Assert.Equal(total / timing.Number("seconds"), timing.Number("queriesPerSecond"), 1e-6 * total);

        foreach (JsonElement run in document.GetProperty("runs").EnumerateArray())
        {
            Assert.NotEqual("", run.Text("optimizer"));
            Assert.Equal(directions, run.GetProperty("settings").GetProperty("directions").GetInt32());
            Assert.All(run.GetProperty("problems").EnumerateArray(), problem => Problem(problem, directions, folder));
            Summary(run.GetProperty("summary"), [.. run.GetProperty("problems").EnumerateArray()]);
        }
    }

    private static void Problem(JsonElement problem, int directions, string folder)
    {
        Assert.NotEqual("", problem.Text("id"));
        _ = problem.GetProperty("label").GetInt32();
        _ = problem.GetProperty("trial").GetInt32();
        double[] trace = problem.Numbers("trace");
        long steps = trace.Length - 1;
        Assert.True(problem.Text("stopReason") == "success" || problem.GetProperty("queries").GetInt64() == ((directions + 1) * steps) + 1);
        Assert.Equal(trace[0], problem.Number("initialLoss"));
        Assert.Equal(trace[^1], problem.Number("finalLoss"));
        Assert.Equal(trace.Min(), problem.Number("bestLoss"));
        Assert.Contains(problem.Text("stopReason"), new[] { "iterations", "budget", "success", "noImprovement", "time" });

        if (!problem.Truth("success"))
        {
            string[] ofSuccess = ["queriesToFirstSuccess", "distortion", "firstDistortion", "adversarialLabel", "imageFile", "savedSuccess"];
            Assert.All(ofSuccess, field => Assert.True(problem.IsNull(field), field));
            return;
        }

        // The first query of a step is its iterate.
        long first = problem.GetProperty("queriesToFirstSuccess").GetInt64();
        Assert.Equal(1, first % (directions + 1));
        Assert.InRange(first, 1, problem.GetProperty("queries").GetInt64());
        Assert.NotEqual(problem.GetProperty("label").GetInt32(), problem.GetProperty("adversarialLabel").GetInt32());
        Assert.True(File.Exists(Path.Combine(folder, problem.Text("imageFile"))));
        Assert.True(problem.GetProperty("savedSuccess").ValueKind is JsonValueKind.True or JsonValueKind.False);
        foreach (string name in new[] { "distortion", "firstDistortion" })
        {
            JsonElement distortion = problem.GetProperty(name);
            Assert.InRange(distortion.Number("linf"), 0, 1);
            Assert.InRange(distortion.Number("l2"), distortion.Number("linf"), distortion.Number("l1") + 1e-9);
        }
    }

    private static void Summary(JsonElement summary, JsonElement[] problems)
    {
        int n = problems.Length;
        int successes = problems.Count(p => p.Truth("success"));
        double rate = (double)successes / n;
        Assert.Equal(n, summary.GetProperty("problems").GetInt32());
        Assert.Equal(rate, summary.Number("successRate"), 1e-12);
        Assert.Equal(problems.Count(p => p.GetProperty("savedSuccess").ValueKind == JsonValueKind.True) / (double)n, summary.Number("savedSuccessRate"), 1e-12);

        // The ends of Wilson's interval are the rates p whose own deviation lets the observed rate be 1.96 of it away.
        double[] interval = summary.Numbers("successRateInterval95");
        Assert.Equal(2, interval.Length);
        Assert.All(interval, p => Assert.Equal(Math.Pow(rate - p, 2), Math.Pow(1.959963984540054, 2) * p * (1 - p) / n, 1e-9));
        Assert.True(interval[0] <= rate && rate <= interval[1] && interval[0] < interval[1]);

        double held = summary.Number("savedSuccessRate");
        Assert.All(summary.Numbers("savedSuccessRateInterval95"), p => Assert.Equal(Math.Pow(held - p, 2), Math.Pow(1.959963984540054, 2) * p * (1 - p) / n, 1e-9));
        Medians(summary.GetProperty("medians"), [.. problems.Where(p => p.Truth("success"))]);

        Assert.Equal(problems.Average(p => p.Number("initialLoss")), summary.Number("meanInitialLoss"), 1e-9);
        Assert.Equal(problems.Average(p => p.Number("finalLoss")), summary.Number("meanFinalLoss"), 1e-9);
        double[][] traces = [.. problems.Select(p => p.Numbers("trace"))];
        double[] curve = summary.Numbers("meanLossByIteration");
        Assert.Equal(traces.Max(t => t.Length), curve.Length);
        Assert.All(curve.Index(), point => Assert.Equal(traces.Average(t => t[Math.Min(point.Index, t.Length - 1)]), point.Item, 1e-9));
        Assert.Equal(curve[1..].Average(), summary.Number("meanLossOverIterations"), 1e-9);

        double[][] ofImages = [.. problems.GroupBy(p => p.Text("id")).Select(image => image.Select(p => p.Number("finalLoss")).ToArray())];
        Quantiles(ofImages, summary.GetProperty("finalLossOverImages"));
        Error(ofImages, summary, "meanFinalLossStandardError");
        ofImages = [.. problems.GroupBy(p => p.Text("id")).Select(image => image.Select(p => OverIterations(p.Numbers("trace"), curve.Length - 1)).ToArray())];
        Quantiles(ofImages, summary.GetProperty("lossOverIterationsOverImages"));
        Error(ofImages, summary, "meanLossOverIterationsStandardError");

        double[] first = [.. problems.Where(p => p.Truth("success")).Select(p => p.Number("queriesToFirstSuccess")).Order()];
        if (first.Length > 0)
        {
            Assert.Equal(first.Average(), summary.Number("meanQueriesToFirstSuccess"), 1e-9);
            Assert.Equal((first[(first.Length - 1) / 2] + first[first.Length / 2]) / 2, summary.Number("medianQueriesToFirstSuccess"), 1e-9);
            Assert.Equal(
                problems.Where(p => p.Truth("success")).Average(p => p.GetProperty("firstDistortion").Number("l1")), summary.Number("meanL1AtFirstSuccess"), 1e-9);
        }
        else
        {
            Assert.True(summary.IsNull("meanQueriesToFirstSuccess") && summary.IsNull("medianQueriesToFirstSuccess") && summary.IsNull("meanL1AtFirstSuccess"));
        }

        Assert.Equal(problems.Sum(p => p.GetProperty("queries").GetInt64()), summary.GetProperty("totalQueries").GetInt64());
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
                Assert.True(medians.IsNull(name), name);
                return;
            }

            JsonElement median = medians.GetProperty(name);
            if (figure is not null)
            {
                double[] sorted = [.. successes.Select(figure).Order()];
                Assert.Equal((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, median.Number("median"), 1e-9);
            }

            if (successes.Select(p => p.Text("id")).Distinct().Count() < 2)
            {
                Assert.True(median.IsNull("interval95"), name);
                return;
            }

            double[] interval = median.Numbers("interval95");
            Assert.Equal(2, interval.Length);
            Assert.InRange(median.Number("median"), interval[0], interval[1]);
        }
    }

    private static double OverIterations(double[] trace, int horizon) =>
        Enumerable.Range(1, horizon).Average(t => trace[Math.Min(t, trace.Length - 1)]);

    private static void Quantiles(double[][] ofImages, JsonElement quantiles)
    {
        double[] means = [.. ofImages.Select(image => image.Average()).Order()];
        Assert.Equal(means[0], quantiles.Number("min"), 1e-9);
        Assert.Equal((means[(means.Length - 1) / 2] + means[means.Length / 2]) / 2, quantiles.Number("p50"), 1e-9);
        Assert.Equal(means[^1], quantiles.Number("max"), 1e-9);
        double[] inOrder = [.. new[] { "min", "p5", "p25", "p50", "p75", "p95", "max" }.Select(name => quantiles.Number(name))];
        Assert.Equal(inOrder.Order(), inOrder);
    }

    // Of images with equally many trials: the deviation of their means over the root of their number.
    private static void Error(double[][] ofImages, JsonElement summary, string name)
    {
        double[] means = [.. ofImages.Select(image => image.Average())];
        if (means.Length < 2)
        {
            Assert.True(summary.IsNull(name), name);
            return;
        }

        double variance = means.Sum(m => Math.Pow(m - means.Average(), 2)) / (means.Length - 1);
        Assert.Equal(Math.Sqrt(variance / means.Length), summary.Number(name), 1e-9);
    }
}
