using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using ServeModel;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The sample server with a bundled model, on free ports. It counts what it is asked, and can do wrong.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly ServedModel _model;
    private readonly WebApplication _app;
    private int _requests;
    private int _running;

    private TestServer(string file, int mostRows, int port, Func<HttpContext, Func<Task>, int, Task>? answer)
    {
        _model = new ServedModel(Model(file), file, mostRows);
        _app = ModelServer.Create(_model, port, 0, app => app.Use(async (context, next) =>
        {
            Paths.Enqueue(context.Request.Path);
            if (!IsQuestion(context))
            {
                await (answer is null ? next(context) : answer(context, () => next(context), -1));
                return;
            }

            int running = Interlocked.Increment(ref _running);
            InterlockedMax(running);
            try
            {
                if (!context.Request.ContentType!.Contains("grpc", StringComparison.Ordinal))
                {
                    context.Request.EnableBuffering();
                    int rows = await RowsAsync(context.Request);
                    Rows.Enqueue(rows);
                }

                int request = Interlocked.Increment(ref _requests) - 1;
                await (answer is null ? next(context) : answer(context, () => next(context), request));
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }));
    }

    /// <summary>The rows of each question so far.</summary>
    public ConcurrentQueue<int> Rows { get; } = [];

    /// <summary>All paths that were asked for.</summary>
    public ConcurrentQueue<string> Paths { get; } = [];

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Questions that are being answered.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The most questions that were answered at the same time.</summary>
    public int MostRunning { get; private set; }

    public string Root => _app.Urls.First();

    public string Address => $"{Root}/v2/models/{_model.Name}";

    public string GrpcAddress => $"grpc://{new Uri(_app.Urls.Last()).Authority}/{_model.Name}";

    public static async Task<TestServer> StartAsync(string file = "mnist-cnn", int mostRows = 16, int port = 0, Func<HttpContext, Func<Task>, int, Task>? answer = null)
    {
        var server = new TestServer(file, mostRows, port, answer);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
        _model.Dispose();
    }

    // Beside the tests, or in the folder of zo's bundled models.
    private static string Model(string name) => new[] { "", "onnx/targets" }.Select(folder => Path.Combine(AppContext.BaseDirectory, folder, name + ".onnx")).First(File.Exists);

    private static bool IsQuestion(HttpContext context) => context.Request.Path.Value is { } path
        && (path.EndsWith("/infer", StringComparison.Ordinal) || path.EndsWith("/ModelInfer", StringComparison.Ordinal));

    private static async Task<int> RowsAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        request.Body.Position = 0;
        string start = Encoding.Latin1.GetString(body.GetBuffer(), 0, (int)Math.Min(300, body.Length));
        return int.Parse(Regex.Match(start, "\"shape\":\\[(\\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private void InterlockedMax(int running)
    {
        lock (Rows)
        {
            MostRunning = Math.Max(MostRunning, running);
        }
    }
}
