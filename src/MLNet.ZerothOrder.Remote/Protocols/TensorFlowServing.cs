using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>TensorFlow Serving's REST interface, in its row form (<c>instances</c>) or its column form (<c>inputs</c>).</summary>
internal sealed class TensorFlowServing : IModelProtocol
{
    private readonly HttpTransport _transport;
    private readonly RemoteOptions _options;
    private readonly Uri _model;
    private readonly Uri _predict;
    private TensorType _type = TensorType.FP32;
    private string? _output;

    /// <param name="model">The address of the model, <c>…/v1/models/NAME</c> with or without <c>/versions/V</c> and <c>:predict</c>.</param>
    /// <param name="options">The options.</param>
    public TensorFlowServing(Uri model, RemoteOptions options)
    {
        string address = model.GetLeftPart(UriPartial.Path).TrimEnd('/');
        address = address.EndsWith(":predict", StringComparison.Ordinal) ? address[..^":predict".Length] : address;
        _model = new Uri(address);
        _predict = new Uri($"{address}:predict{model.Query}");
        _options = options;
        _transport = new HttpTransport(options, address);
    }

    public async Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation)
    {
        using JsonDocument document = (await _transport.GetAsync(new Uri($"{_model}/metadata"), isOptional: false, cancellation).ConfigureAwait(false))!;
        try
        {
            JsonElement root = document.RootElement, spec = root.GetProperty("model_spec");
            JsonElement signature = root.GetProperty("metadata").GetProperty("signature_def").GetProperty("signature_def").GetProperty("serving_default");
            string name = spec.GetProperty("name").GetString()!;
            TensorDeclaration input = TensorDeclaration.InputOf(name, Tensors(signature.GetProperty("inputs")));
            TensorDeclaration[] outputs = Tensors(signature.GetProperty("outputs"));
            TensorDeclaration output = TensorDeclaration.OutputOf(name, outputs, _options.Output);
            _type = input.Type;
            _output = outputs.Length > 1 ? output.Name : null;
            return new ModelDeclaration
            {
                Protocol = $"TensorFlow Serving's REST in {(_options.Format == TensorFormat.Columns ? "column" : "row")} form",
                Name = name,
                Version = spec.TryGetProperty("version", out JsonElement version) ? version.ToString() : "",
                Input = input,
                Output = output,
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            throw new RequestFailure($"The answer of {_model}/metadata describes no model with the signature serving_default; check the address.", isTransient: false, e);
        }
    }

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        bool isColumn = _options.Format == TensorFormat.Columns;
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray(isColumn ? "inputs"u8 : "instances"u8);
            for (int row = 0; row < request.SentRows; row++)
            {
                ImageJson.Write(writer, request.Input(row), input, _type, isFlat: false);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        HttpAnswer answer = await _transport.PostAsync(_predict, json.GetBuffer(), (int)json.Length, null, cancellation).ConfigureAwait(false);
        using JsonDocument document = _transport.Parse(answer);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(isColumn ? "outputs" : "predictions", out JsonElement found) || found.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
        {
            throw RequestFailure.Broken("has no predictions");
        }

        // With several outputs, the column form has an object of arrays and the row form an array of objects.
        if (_output is not null && found.ValueKind == JsonValueKind.Object)
        {
            found = found.TryGetProperty(_output, out JsonElement column) ? column : throw RequestFailure.Broken($"has no output '{_output}'");
        }

        JsonElement[] nodes = found.ValueKind == JsonValueKind.Array ? [.. found.EnumerateArray()] : [];
        if (_output is not null && !isColumn)
        {
            nodes = [.. nodes.Select(node => node.ValueKind == JsonValueKind.Object && node.TryGetProperty(_output, out JsonElement own) ? own : throw RequestFailure.Broken($"has no output '{_output}'"))];
        }

        return JsonRows.Read(nodes, request.SentRows, _options.Classes);
    }

    public void Dispose() => _transport.Dispose();

    private static TensorDeclaration[] Tensors(JsonElement json) =>
    [
        .. json.EnumerateObject().Select(tensor => new TensorDeclaration(
            tensor.Name,
            tensor.Value.GetProperty("dtype").GetString() switch
            {
                "DT_FLOAT" => TensorType.FP32,
                "DT_DOUBLE" => TensorType.FP64,
                "DT_HALF" => TensorType.FP16,
                "DT_BFLOAT16" => TensorType.BF16,
                "DT_UINT8" => TensorType.UINT8,
                "DT_STRING" => TensorType.BYTES,
                _ => TensorType.INT64,
            },
            tensor.Value.GetProperty("tensor_shape") is var shape && shape.TryGetProperty("dim", out JsonElement dims)
                ? [.. dims.EnumerateArray().Select(dim => int.Parse(dim.GetProperty("size").ToString(), System.Globalization.CultureInfo.InvariantCulture) is var size && size > 0 ? size : -1)] : [-1])),
    ];
}
