using System.Globalization;
using ServeModel;

// ServeModel [MODEL.onnx] [--port 8000] [--grpc-port 8001] [--max-batch 64] [--latency-ms 0]
string path = args is [var first, ..] && !first.StartsWith("--", StringComparison.Ordinal) ? first : Path.Combine(AppContext.BaseDirectory, "mnist-cnn.onnx");
int latency = Option("--latency-ms", 0);
try
{
    using var model = new ServedModel(path, Path.GetFileNameWithoutExtension(path), Option("--max-batch", 64));
    await using WebApplication app = ModelServer.Create(
        model, Option("--port", 8000), Option("--grpc-port", 8001),
        app =>
        {
            if (latency > 0)
            {
                // To see how a client copes with a server that is far away.
                app.Use(async (context, next) =>
                {
                    await Task.Delay(latency, context.RequestAborted);
                    await next(context);
                });
            }
        });
    await app.StartAsync();
    Console.WriteLine($"Serving {model.Name} at {app.Urls.First()}/v2/models/{model.Name} and grpc://{new Uri(app.Urls.Last()).Authority}/{model.Name}; Ctrl+C ends it.");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (e is ArgumentException or IOException or FormatException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
{
    Console.Error.WriteLine($"ServeModel: {e.Message}");
    return 2;
}

int Option(string name, int otherwise) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
