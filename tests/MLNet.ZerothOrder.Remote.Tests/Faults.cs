using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Everything that a server can do wrong.</summary>
internal static class Faults
{
    public static string[] All { get; } = ["429", "500", "503", "cut", "torn", "short", "fewer rows", "more rows", "fewer scores", "another's answer", "NaN", "html", "not json", "slow", "too slow"];

    /// <summary>Those over gRPC.</summary>
    public static string[] OfGrpc { get; } = ["429", "500", "503", "cut", "torn", "short", "html", "slow", "too slow", "exhausted", "unavailable", "internal"];

    /// <param name="fault">The fault.</param>
    /// <param name="context">The request.</param>
    /// <param name="next">Answers it rightly.</param>
    /// <param name="endLimits">Ends the time limits of the client, for a server that is too slow.</param>
    public static async Task DoAsync(string fault, HttpContext context, Func<Task> next, Action? endLimits = null)
    {
        switch (fault)
        {
            case "slow":
                // Answers that come late, after those of later requests.
                await Task.Delay(20);
                await next();
                break;
            case "too slow":
                // The client gives up.
                endLimits!();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "exhausted" or "unavailable" or "internal":
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = fault switch { "exhausted" => "8", "unavailable" => "14", _ => "13" };
                context.Response.Headers["grpc-message"] = "too much to do";
                break;
            case "429" or "503" or "500":
                context.Response.StatusCode = int.Parse(fault);
                context.Response.Headers.RetryAfter = fault == "500" ? default : "0";
                await context.Response.WriteAsync("""{"error": "too much to do"}""");
                break;
            case "cut":
                context.Abort();
                break;
            case "torn":
                await TakeAsync(context, next, async answer =>
                {
                    context.Response.ContentLength = answer.Length;
                    await context.Response.Body.WriteAsync(answer.AsMemory(0, answer.Length / 2));
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                });
                break;
            case "short":
                await TakeAsync(context, next, async answer =>
                {
                    context.Response.ContentLength = answer.Length / 2;
                    await context.Response.Body.WriteAsync(answer.AsMemory(0, answer.Length / 2));
                });
                break;
            case "another's answer":
                // The answer is right, but says that it is for another request.
                await TakeAsync(context, next, async answer =>
                {
                    string text = Encoding.Latin1.GetString(answer);
                    string other = Regex.Replace(text, "\"id\":\"-?\\d", match => match.Value[..^1] + (match.Value[^1] == '1' ? "2" : "1"));
                    context.Response.ContentLength = other.Length;
                    await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(other));
                });
                break;
            case "fewer rows" or "more rows" or "fewer scores" or "NaN":
                await TakeAsync(context, next, async answer =>
                {
                    Match shape = Regex.Match(Encoding.Latin1.GetString(answer), "\"shape\":\\[(\\d+),(\\d+)");
                    int rows = int.Parse(shape.Groups[1].Value) + (fault == "fewer rows" ? -1 : fault == "more rows" ? 1 : 0);
                    int scores = int.Parse(shape.Groups[2].Value) - (fault == "fewer scores" ? 1 : 0);
                    string[] values = [.. Enumerable.Range(0, rows * scores).Select(i => fault == "NaN" && i % 7 == 0 ? "NaN" : "0.5")];
                    context.Response.Headers.Remove("Inference-Header-Content-Length");
                    context.Response.ContentLength = null;
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$"""{"outputs": [{"name": "logits", "datatype": "FP32", "shape": [{{rows}}, {{scores}}], "data": [{{string.Join(',', values)}}]}]}""");
                });
                break;
            case "html":
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html><body>The site is being maintained.</body></html>");
                break;
            case "not json":
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("Sorry!");
                break;
            default:
                throw new ArgumentException($"There is no fault '{fault}'.", nameof(fault));
        }
    }

    // Lets the server answer into memory.
    private static async Task TakeAsync(HttpContext context, Func<Task> next, Func<byte[], Task> write)
    {
        Stream sent = context.Response.Body;
        using var taken = new MemoryStream();
        context.Response.Body = taken;
        await next();
        context.Response.Body = sent;
        await write(taken.ToArray());
    }
}
