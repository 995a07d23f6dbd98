using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>The Open Inference Protocol (KServe v2) over HTTP, with JSON arrays or with the binary tensor extension.</summary>
internal sealed class KServeHttp : IModelProtocol
{
    /// <summary>The header with the bytes of JSON in front of binary tensors.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private readonly HttpTransport _transport;
    private readonly RemoteOptions _options;
    private readonly Uri _model;
    private readonly Uri _infer;
    private readonly Uri _server;
    private ModelDeclaration? _declared;
    private bool _isBinary;

    /// <param name="model">The address of the model, <c>…/v2/models/NAME</c> with or without <c>/versions/V</c>.</param>
    /// <param name="options">The options.</param>
    public KServeHttp(Uri model, RemoteOptions options)
    {
        string address = model.GetLeftPart(UriPartial.Path).TrimEnd('/');
        address = address.EndsWith("/infer", StringComparison.Ordinal) ? address[..^"/infer".Length] : address;
        _model = new Uri(address + model.Query);
        _infer = new Uri($"{address}/infer{model.Query}");
        _server = new Uri(address[..(address.IndexOf("/v2/", StringComparison.Ordinal) + 3)] + model.Query);
        _options = options;
        _transport = new HttpTransport(options, address);
    }

    public async Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation)
    {
        using JsonDocument? server = _options.Format == TensorFormat.Auto ? await _transport.GetAsync(_server, isOptional: true, cancellation).ConfigureAwait(false) : null;
        _isBinary = _options.Format == TensorFormat.Binary || (server?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("extensions", out JsonElement extensions)
            && extensions.ValueKind == JsonValueKind.Array && extensions.EnumerateArray().Any(extension => extension.ValueKind == JsonValueKind.String && extension.GetString() is "binary_tensor_data" or "binary_data"));
        using JsonDocument document = (await _transport.GetAsync(_model, isOptional: false, cancellation).ConfigureAwait(false))!;
        ModelDeclaration declared = Read(document.RootElement);

        // The limit of rows is Triton's extension.
        using JsonDocument? config = await _transport.GetAsync(new Uri($"{_model.GetLeftPart(UriPartial.Path)}/config{_model.Query}"), isOptional: true, cancellation).ConfigureAwait(false);
        int? most = config?.RootElement is { ValueKind: JsonValueKind.Object } settings && settings.TryGetProperty("max_batch_size", out JsonElement size) && size.TryGetInt32(out int rows) && rows > 0 ? rows : null;
        return _declared = declared with { MostRows = most };
    }

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        ModelDeclaration declared = _declared!;
        string id = request.Id.ToString(CultureInfo.InvariantCulture);
        HttpAnswer answer;
        if (_isBinary)
        {
            int bytes = request.SentRows * input.Pixels.RowBytes;
            var json = new ArrayBufferWriter<byte>(512);
            using (var writer = new Utf8JsonWriter(json))
            {
                WriteHeader(writer, request, input, id, bytes);
            }

            byte[] body = ArrayPool<byte>.Shared.Rent(json.WrittenCount + bytes);
            json.WrittenSpan.CopyTo(body);
            input.Write(request, body.AsSpan(json.WrittenCount, bytes));
            answer = await _transport.PostAsync(_infer, body, json.WrittenCount + bytes, json.WrittenCount, cancellation).ConfigureAwait(false);

            // Not after a failure: a cancelled request may still read its body.
            ArrayPool<byte>.Shared.Return(body);
        }
        else
        {
            using var json = new MemoryStream();
            using (var writer = new Utf8JsonWriter(json))
            {
                WriteHeader(writer, request, input, id, null);
            }

            answer = await _transport.PostAsync(_infer, json.GetBuffer(), (int)json.Length, null, cancellation).ConfigureAwait(false);
        }

        if (answer.JsonLength is { } length && (length < 0 || length > answer.Body.Length))
        {
            throw RequestFailure.Broken($"says that {length} of its {answer.Body.Length} bytes are JSON");
        }

        using JsonDocument document = _transport.Parse(answer, answer.JsonLength);
        try
        {
            return Read(document.RootElement, answer, declared.Output!, request.SentRows, id);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw RequestFailure.Broken("is not one of the Open Inference Protocol", e);
        }
    }

    public void Dispose() => _transport.Dispose();

    private void WriteHeader(Utf8JsonWriter writer, RowRequest request, RequestInput input, string id, int? bytes)
    {
        ModelDeclaration declared = _declared!;
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteStartArray("inputs"u8);
        writer.WriteStartObject();
        writer.WriteString("name"u8, declared.Input!.Name);
        writer.WriteStartArray("shape"u8);
        foreach (long dim in input.Axes.Dims(request.SentRows))
        {
            writer.WriteNumberValue(dim);
        }

        writer.WriteEndArray();
        writer.WriteString("datatype"u8, declared.Input.Type.ToString());
        if (bytes is { } size)
        {
            writer.WriteStartObject("parameters"u8);
            writer.WriteNumber("binary_data_size"u8, size);
            writer.WriteEndObject();
        }
        else
        {
            WriteValues(writer, request, input, declared.Input.Type);
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartArray("outputs"u8);
        writer.WriteStartObject();
        writer.WriteString("name"u8, declared.Output!.Name);
        if (_isBinary)
        {
            writer.WriteStartObject("parameters"u8);
            writer.WriteBoolean("binary_data"u8, true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // JSON numbers are what the bytes would be: rounded to the model's format.
    private static void WriteValues(Utf8JsonWriter writer, RowRequest request, RequestInput input, TensorType type)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(input.Pixels.RowBytes);
        float[] values = ArrayPool<float>.Shared.Rent(input.Axes.Image.Length);
        Span<float> row = values.AsSpan(0, input.Axes.Image.Length);
        writer.WriteStartArray("data"u8);
        for (int r = 0; r < request.SentRows; r++)
        {
            input.Pixels.Write(request.Input(r), bytes);
            Tensors.Read(type, bytes, row);
            foreach (float value in row)
            {
                writer.WriteNumberValue(value);
            }
        }

        writer.WriteEndArray();
        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<float>.Shared.Return(values);
    }

    private ModelDeclaration Read(JsonElement json)
    {
        try
        {
            string name = json.GetProperty("name").GetString()!;
            TensorDeclaration[] inputs = [.. json.GetProperty("inputs").EnumerateArray().Select(TensorDeclaration.Read)];
            TensorDeclaration[] outputs = [.. json.GetProperty("outputs").EnumerateArray().Select(TensorDeclaration.Read)];
            return new ModelDeclaration
            {
                Protocol = $"the Open Inference Protocol over HTTP with {(_isBinary ? "binary tensors" : "JSON")}",
                Name = name,
                Version = json.TryGetProperty("versions", out JsonElement versions) && versions.ValueKind == JsonValueKind.Array && versions.GetArrayLength() > 0
                    ? versions.EnumerateArray().Last().ToString() : "",
                Input = TensorDeclaration.InputOf(name, inputs),
                Output = TensorDeclaration.OutputOf(name, outputs, _options.Output),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or ArgumentNullException)
        {
            throw new RequestFailure($"The answer of {_model} describes no model of the Open Inference Protocol; check the address.", isTransient: false, e);
        }
    }

    private static ModelAnswer Read(JsonElement json, HttpAnswer answer, TensorDeclaration output, int rows, string id)
    {
        if (json.TryGetProperty("id", out JsonElement answered) && answered.ValueKind == JsonValueKind.String && answered.GetString() is { Length: > 0 } other && other != id)
        {
            throw RequestFailure.Broken($"belongs to request {JsonText.Shorten(other)}, not to {id}");
        }

        int offset = answer.JsonLength ?? answer.Body.Length;
        foreach (JsonElement tensor in json.GetProperty("outputs").EnumerateArray())
        {
            int? size = tensor.TryGetProperty("parameters", out JsonElement parameters) && parameters.TryGetProperty("binary_data_size", out JsonElement bytes) ? bytes.GetInt32() : null;
            if (size is < 0 || size > answer.Body.Length - offset)
            {
                throw RequestFailure.Broken($"has {answer.Body.Length - offset} bytes where it says {size}");
            }

            if (tensor.GetProperty("name").GetString() != output.Name)
            {
                offset += size ?? 0;
                continue;
            }

            int[] dims = [.. tensor.GetProperty("shape").EnumerateArray().Select(dim => dim.GetInt32())];
            TensorType type = TensorDeclaration.TypeOf(output.Name, tensor.GetProperty("datatype").GetString() ?? "");
            return size is { } length ? FromBytes(answer.Body.AsSpan(offset, length), type, dims, rows) : FromJson(tensor.GetProperty("data"), type, dims, rows);
        }

        throw RequestFailure.Broken($"has no output '{output.Name}'");
    }

    /// <summary>An answer from the bytes of a tensor.</summary>
    public static ModelAnswer FromBytes(ReadOnlySpan<byte> bytes, TensorType type, int[] dims, int rows)
    {
        if (type == TensorType.BYTES)
        {
            return Labels(Tensors.ReadTexts(bytes), dims, rows);
        }

        long values = dims.Aggregate(1L, (product, dim) => product * dim);
        if (values <= 0 || values * type.Size() != bytes.Length)
        {
            throw RequestFailure.Broken($"has {bytes.Length} bytes for {type} of shape [{string.Join(", ", dims)}]");
        }

        var numbers = new float[values];
        Tensors.Read(type, bytes, numbers);
        return Answer(numbers, type, dims, rows);
    }

    /// <summary>An answer from numbers, which are indices of classes if they are integers.</summary>
    public static ModelAnswer Answer(float[] numbers, TensorType type, int[] dims, int rows) => type.IsInteger()
        ? Labels([.. numbers.Select(number => number.ToString("F0", CultureInfo.InvariantCulture))], dims, rows) : ModelAnswer.Of(numbers, dims, rows);

    private static ModelAnswer FromJson(JsonElement data, TensorType type, int[] dims, int rows)
    {
        if (type == TensorType.BYTES)
        {
            return Labels([.. data.EnumerateArray().Select(text => text.GetString() ?? "")], dims, rows);
        }

        float[] numbers = JsonText.Numbers(data).Values;
        return numbers.Length == dims.Aggregate(1L, (product, dim) => product * dim) ? Answer(numbers, type, dims, rows)
            : throw RequestFailure.Broken($"has {numbers.Length} numbers for the shape [{string.Join(", ", dims)}]");
    }

    public static ModelAnswer Labels(string[] texts, int[] dims, int rows)
    {
        if (dims.Length == 0 || dims[0] != rows || texts.Length % rows != 0)
        {
            throw RequestFailure.Broken($"has the shape [{string.Join(", ", dims)}] for {rows} rows");
        }

        int each = texts.Length / rows;
        return ModelAnswer.Of([.. Enumerable.Range(0, rows).Select(row => texts[(row * each)..((row + 1) * each)])], rows);
    }
}
