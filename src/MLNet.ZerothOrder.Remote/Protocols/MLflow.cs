using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>MLflow's scoring server: images as <c>inputs</c>, and <c>predictions</c>, or a bare array from old servers.</summary>
internal sealed class MLflow(Uri address, RemoteOptions options) : IModelProtocol
{
    private readonly HttpTransport _transport = new(options, address.GetLeftPart(UriPartial.Path));

    public Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation) =>
        Task.FromResult(new ModelDeclaration { Protocol = "MLflow's /invocations", Name = address.Authority, Picture = "float32 arrays" });

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("inputs"u8);
            for (int row = 0; row < request.SentRows; row++)
            {
                ImageJson.Write(writer, request.Input(row), input, TensorType.FP32, isFlat: options.Layout == ImageLayout.Flat);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        HttpAnswer answer = await _transport.PostAsync(address, json.GetBuffer(), (int)json.Length, null, cancellation).ConfigureAwait(false);
        using JsonDocument document = _transport.Parse(answer);
        JsonElement found = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("predictions", out JsonElement predictions) ? predictions : document.RootElement;
        return found.ValueKind == JsonValueKind.Array ? JsonRows.Read([.. found.EnumerateArray()], request.SentRows, options.Classes) : throw RequestFailure.Broken("has no predictions");
    }

    public void Dispose() => _transport.Dispose();
}
