using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ServeModel;

/// <summary>The Open Inference Protocol over HTTP, with JSON arrays and with the binary tensor extension.</summary>
public static class HttpInference
{
    private const string LengthHeader = "Inference-Header-Content-Length";

    public static void Map(WebApplication app, ServedModel model)
    {
        app.MapGet("/v2", () => Results.Json(new { name = "ServeModel", version = "1", extensions = new[] { "binary_tensor_data" } }));
        app.MapGet("/v2/health/live", () => Results.Json(new { live = true }));
        app.MapGet("/v2/health/ready", () => Results.Json(new { ready = true }));
        app.MapPost("/v2/repository/index", () => Results.Json(new[] { new { name = model.Name, state = "READY" } }));
        foreach (string path in new[] { "/v2/models/{name}", "/v2/models/{name}/versions/{version}" })
        {
            app.MapGet(path, (string name) => name != model.Name ? Missing(name) : Results.Json(new
            {
                name,
                versions = new[] { "1" },
                platform = "onnxruntime_onnx",
                inputs = new[] { Declare(model.Input) },
                outputs = new[] { Declare(model.Output) },
            }));
            app.MapGet(path + "/ready", (string name) => name == model.Name ? Results.Json(new { name, ready = true }) : Missing(name));
            app.MapGet(path + "/config", (string name) => name == model.Name ? Results.Json(new { name, max_batch_size = model.MostRows }) : Missing(name));
            app.MapPost(path + "/infer", (string name, HttpContext context) => name == model.Name ? InferAsync(context, model) : Missing(name).ExecuteAsync(context));
        }
    }

    private static object Declare(TensorInfo tensor) => new { name = tensor.Name, datatype = tensor.Datatype, shape = tensor.Shape };

    private static IResult Missing(string name) => Results.Json(new { error = $"there is no model '{name}'" }, statusCode: 404);

    private static async Task InferAsync(HttpContext context, ServedModel model)
    {
        using var received = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(received, context.RequestAborted);
        ReadOnlyMemory<byte> body = received.GetBuffer().AsMemory(0, (int)received.Length);
        int header = int.TryParse(context.Request.Headers[LengthHeader], NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= body.Length ? length : body.Length;
        try
        {
            using JsonDocument json = JsonDocument.Parse(body[..header]);
            JsonElement input = json.RootElement.GetProperty("inputs")[0];
            long[] shape = [.. input.GetProperty("shape").EnumerateArray().Select(dim => dim.GetInt64())];
            if (input.GetProperty("name").GetString() != model.Input.Name || input.GetProperty("datatype").GetString() != model.Input.Datatype)
            {
                throw new ArgumentException($"the input is '{input.GetProperty("name")}' {input.GetProperty("datatype")}, the model takes '{model.Input.Name}' {model.Input.Datatype}");
            }

            bool isBinary = input.TryGetProperty("parameters", out JsonElement parameters) && parameters.TryGetProperty("binary_data_size", out _);
            float[] scores = await model.ScoreAsync(
                shape,
                values =>
                {
                    if (isBinary)
                    {
                        ReadOnlySpan<float> floats = MemoryMarshal.Cast<byte, float>(body.Span[header..]);
                        (floats.Length == values.Length ? floats : throw new ArgumentException($"{body.Length - header} bytes are not {values.Length} values")).CopyTo(values);
                    }
                    else
                    {
                        int count = Flatten(input.GetProperty("data"), values, 0);
                        if (count != values.Length)
                        {
                            throw new ArgumentException($"{count} numbers are not {values.Length} values");
                        }
                    }
                },
                context.RequestAborted);
            bool wantsBinary = json.RootElement.TryGetProperty("outputs", out JsonElement outputs) && outputs.EnumerateArray().Any(output =>
                output.TryGetProperty("parameters", out JsonElement wanted) && wanted.TryGetProperty("binary_data", out JsonElement binary) && binary.GetBoolean());
            string? id = json.RootElement.TryGetProperty("id", out JsonElement given) ? given.GetString() : null;
            await AnswerAsync(context, model, id, (int)shape[0], scores, wantsBinary);
        }
        catch (Exception e) when (e is ArgumentException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            await Results.Json(new { error = e.Message }, statusCode: 400).ExecuteAsync(context);
        }
    }

    private static async Task AnswerAsync(HttpContext context, ServedModel model, string? id, int rows, float[] scores, bool binary)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("model_name", model.Name);
            writer.WriteString("model_version", "1");
            if (id is not null)
            {
                writer.WriteString("id", id);
            }

            writer.WriteStartArray("outputs");
            writer.WriteStartObject();
            writer.WriteString("name", model.Output.Name);
            writer.WriteString("datatype", model.Output.Datatype);
            writer.WriteStartArray("shape");
            writer.WriteNumberValue(rows);
            writer.WriteNumberValue(model.Classes);
            writer.WriteEndArray();
            if (binary)
            {
                writer.WriteStartObject("parameters");
                writer.WriteNumber("binary_data_size", scores.Length * sizeof(float));
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteStartArray("data");
                foreach (float score in scores)
                {
                    writer.WriteNumberValue(score);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        int header = json.WrittenCount;
        if (binary)
        {
            json.Write(MemoryMarshal.AsBytes(scores.AsSpan()));
            context.Response.Headers[LengthHeader] = header.ToString(CultureInfo.InvariantCulture);
        }

        context.Response.ContentType = binary ? "application/octet-stream" : "application/json";
        context.Response.ContentLength = json.WrittenCount;
        await context.Response.Body.WriteAsync(json.WrittenMemory, context.RequestAborted);
    }

    // Arrays may be nested or flat.
    private static int Flatten(JsonElement json, Span<float> values, int count)
    {
        foreach (JsonElement element in json.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                count = Flatten(element, values, count);
            }
            else
            {
                values[count++] = element.GetSingle();
            }
        }

        return count;
    }
}
