using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>
/// Any service that takes JSON, by a template of its request. A text <c>{{image:array}}</c> becomes the image as nested arrays, <c>{{image:flat}}</c> as one array, and
/// <c>{{image:png:base64}}</c>, alone or inside a longer text, a PNG in base64. A request has one image, or as many as asked for if the innermost array around the placeholder holds nothing else.
/// </summary>
internal sealed class JsonTemplate : IModelProtocol
{
    private const string Array = "{{image:array}}", Flat = "{{image:flat}}", Png = "{{image:png:base64}}";
    private const long LargestFile = 1 << 20;

    private readonly Uri _address;
    private readonly RemoteOptions _options;
    private readonly HttpTransport _transport;
    private readonly JsonElement _template;
    private readonly JsonPath _path;
    private readonly bool _isPng;
    private readonly bool _repeats;

    /// <exception cref="InputException">The template cannot be read, or has no place for an image.</exception>
    public JsonTemplate(Uri address, RemoteOptions options)
    {
        _address = address;
        _options = options;
        string file = options.RequestFile!;
        try
        {
            if (new FileInfo(file).Length > LargestFile)
            {
                throw Bad($"The template {file} is larger than 1 MB; give the JSON of one request.");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            _template = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw Bad($"The template {file} is not JSON ({e.Message.TrimEnd('.')}); correct it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"The template {file} cannot be read ({e.Message.TrimEnd('.')}); name a file of JSON.");
        }

        string[] images = [.. Texts(_template).Where(text => text.Contains("{{image", StringComparison.Ordinal))];
        if (images.Length != 1 || !(images[0] is Array or Flat || images[0].Contains(Png, StringComparison.Ordinal)))
        {
            throw Bad($"The template {file} has {(images.Length == 0 ? "no place for the image" : images.Length > 1 ? $"{images.Length} places for the image" : $"the unknown place {images[0]}")}; write one of \"{Array}\", \"{Flat}\" and \"{Png}\" where the image belongs, once.");
        }

        _isPng = images[0].Contains(Png, StringComparison.Ordinal);
        _repeats = options.RequestRows > 1 && HasOwnArray(_template);
        _path = new JsonPath(options.ResponsePath ?? "$");
        _transport = new HttpTransport(options, address.GetLeftPart(UriPartial.Path));
    }

    public Task<ModelDeclaration> DescribeAsync(CancellationToken cancellation) => Task.FromResult(new ModelDeclaration
    {
        Protocol = $"the template {Path.GetFileName(_options.RequestFile)}",
        Name = _address.Authority + _address.AbsolutePath,
        Picture = _isPng ? "PNG pictures of 8 bits" : "JSON arrays",
        MostRows = _repeats ? null : 1,
        RoundsPixels = _isPng,
    });

    public async Task<ModelAnswer> AskAsync(RowRequest request, RequestInput input, CancellationToken cancellation)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            Write(writer, _template, request, input, row: _repeats ? -1 : 0);
        }

        HttpAnswer answer = await _transport.PostAsync(_address, json.GetBuffer(), (int)json.Length, null, cancellation).ConfigureAwait(false);
        using JsonDocument document = _transport.Parse(answer);
        return JsonRows.Read(_path.Find(document.RootElement), request.SentRows, _options.Classes);
    }

    public void Dispose() => _transport.Dispose();

    private static bool IsPlace(JsonElement json) => json.ValueKind == JsonValueKind.String && json.GetString()!.Contains("{{image", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()!],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => Texts(member.Value)),
        _ => [],
    };

    private static bool Holds(JsonElement json) => Texts(json).Any(text => text.Contains("{{image", StringComparison.Ordinal));

    // The innermost array around the image has one element.
    private static bool IsOwnArray(JsonElement json) => json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 1 && Holds(json[0]) && !HasOwnArray(json[0]);

    private static bool HasOwnArray(JsonElement json) => IsOwnArray(json) || (json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().Any(HasOwnArray),
        JsonValueKind.Object => json.EnumerateObject().Any(member => HasOwnArray(member.Value)),
        _ => false,
    });

    private static InputException Bad(string message) => new(message) { Argument = nameof(RemoteOptions.RequestFile) };

    private void Write(Utf8JsonWriter writer, JsonElement json, RowRequest request, RequestInput input, int row)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, request, input, row);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                if (row < 0 && IsOwnArray(json))
                {
                    for (int r = 0; r < request.SentRows; r++)
                    {
                        Write(writer, json[0], request, input, r);
                    }
                }
                else
                {
                    foreach (JsonElement element in json.EnumerateArray())
                    {
                        Write(writer, element, request, input, row);
                    }
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when IsPlace(json):
                WriteImage(writer, json.GetString()!, request.Input(Math.Max(row, 0)), input);
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private void WriteImage(Utf8JsonWriter writer, string place, ReadOnlySpan<float> pixels, RequestInput input)
    {
        if (_isPng)
        {
            writer.WriteStringValue(place.Replace(Png, Convert.ToBase64String(PngEncoder.Encode(pixels, input.Axes.Image)), StringComparison.Ordinal));
        }
        else
        {
            ImageJson.Write(writer, pixels, input, TensorType.FP32, isFlat: place == Flat);
        }
    }
}
