using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Benchmarks;

/// <summary>
/// The useful queries a second of an attack on a served model, beside those of plain clients, which send one prepared request again and again, from a grid of rows a request × requests at a time.
/// The best clients and the attack take turns, so that all meet the same load of the machine.
/// </summary>
internal static class RemoteThroughput
{
    private static readonly int[] Rows = [16, 32, 64];
    private static readonly int[] AtATime = [1, 2, 4, 8, 16, 32];
    private const int Finalists = 3;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(6);

    /// <param name="server">The server's program, <c>ServeModel.dll</c>.</param>
    /// <param name="latency">The latency to add, in milliseconds.</param>
    /// <param name="rounds">How often the best clients and the attack take their turns.</param>
    public static async Task RunAsync(string server, int latency, int rounds)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [server, "--port", "8317", "--grpc-port", "8318", "--latency-ms", $"{latency}"]) { RedirectStandardOutput = true })!;
        try
        {
            await process.StandardOutput.ReadLineAsync();
            string address = "http://127.0.0.1:8317/v2/models/mnist-cnn";
            var grid = new Dictionary<(int Rows, int AtATime), double>();
            foreach (int rows in Rows)
            {
                foreach (int atATime in AtATime)
                {
                    grid[(rows, atATime)] = await PlainAsync(address, rows, atATime, Short);
                }

                Console.WriteLine($"{rows,3} rows: {string.Join("  ", AtATime.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} at a time {grid[(rows, n)]:N0}/s")))}");
            }

            // The best of many short measurements is the luckiest one, so the first few are measured again.
            (int Rows, int AtATime)[] best = [.. grid.OrderByDescending(pair => pair.Value).Take(Finalists).Select(pair => pair.Key)];
            var plain = best.ToDictionary(client => client, _ => new List<double>());
            var attack = new List<double>();
            for (int round = 0; round < rounds; round++)
            {
                foreach ((int rows, int atATime) in best)
                {
                    plain[(rows, atATime)].Add(await PlainAsync(address, rows, atATime, Long));
                }

                (double rate, string summary) = Attack(address);
                attack.Add(rate);
                Console.WriteLine($"{summary}.");
            }

            ((int rowsOfBest, int atATimeOfBest), List<double> rates) = plain.MaxBy(pair => Median(pair.Value));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{latency} ms: attack {Median(attack):N0}/s, the best plain client ({rowsOfBest} rows, {atATimeOfBest} at a time) {Median(rates):N0}/s, ratio {Median(attack) / Median(rates):0.00} (medians of {rounds})."));
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<double> PlainAsync(string address, int rows, int atATime, TimeSpan time)
    {
        byte[] head = Encoding.ASCII.GetBytes($$"""{"inputs":[{"name":"image","shape":[{{rows}},1,28,28],"datatype":"FP32","parameters":{"binary_data_size":{{rows * 784 * 4}} } }],"outputs":[{"name":"logits","parameters":{"binary_data":true} } ] }""");
        byte[] body = [.. head, .. new byte[rows * 784 * 4]];
        using var client = new HttpClient();
        long answered = 0;
        long start = Stopwatch.GetTimestamp();
        async Task AskAsync()
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                content.Headers.Add("Inference-Header-Content-Length", head.Length.ToString(CultureInfo.InvariantCulture));
                using HttpResponseMessage response = await client.PostAsync($"{address}/infer", content);
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                Interlocked.Add(ref answered, rows);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(AskAsync)));
        return answered / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    // The queries of the engine alone, from the first step on: loading and checks are the same everywhere.
    private static (double Rate, string Summary) Attack(string address)
    {
        ImageSet images = GeneratedDigits.Create(300);
        using RemoteClassifier classifier = RemoteClassifier.Open(address, images);
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-prox-plain");
        long begin = 0, start = 0, first = 0, last = 0;
        using var stop = new CancellationTokenSource();
        new BlackBoxAttack(classifier, optimizer.Optimizer, new AttackOptions { Smoothing = 0.01, Limits = new RunLimits { Iterations = 100_000 } }).Run(
            images,
            progress =>
            {
                last = progress.Engine.Queries;
                if (start == 0)
                {
                    // The number of requests at a time is found meanwhile.
                    begin = begin == 0 ? Stopwatch.GetTimestamp() : begin;
                    (start, first) = Stopwatch.GetElapsedTime(begin) < Long / 2 ? (0, 0) : (Stopwatch.GetTimestamp(), last);
                }
                else if (Stopwatch.GetElapsedTime(start) > Long)
                {
                    stop.Cancel();
                }
            },
            stop.Token, lastChecks: new CancellationToken(true));
        return ((last - first) / Stopwatch.GetElapsedTime(start).TotalSeconds, classifier.Summary ?? "");
    }
}
