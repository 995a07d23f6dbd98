using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>Tuned settings of optimizers for one target and task, stored as JSON.</summary>
public sealed record SettingsFile
{
    private const long LargestFile = 1 << 20;

    /// <summary>The file name of the target that was tuned for.</summary>
    public string? Model { get; init; }

    /// <summary>The SHA-256 of the target.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>A description of the task and of the tuning.</summary>
    public string? Task { get; init; }

    /// <summary>c, the weight of the distortion in the tuned loss; null if the file does not state it.</summary>
    public double? DistortionWeight { get; init; }

    /// <summary>μ for this target.</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "The smoothing parameter μ must be a positive number.");
    }

    /// <summary>Settings by optimizer name. <c>name:antithetic</c> is the antithetic form of an optimizer.</summary>
    public IReadOnlyDictionary<string, OptimizerSettings> Optimizers { get; init; } = new SortedDictionary<string, OptimizerSettings>();

    /// <summary>The mean final loss on the tuning images by optimizer name.</summary>
    public IReadOnlyDictionary<string, double> MeanFinalLoss { get; init; } = new SortedDictionary<string, double>();

    /// <summary>Reads a settings file.</summary>
    /// <exception cref="InputException">The file does not exist, is not JSON of this form, or holds a value out of range.</exception>
    public static SettingsFile Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (!stream.CanSeek)
            {
                throw new InputException($"Settings file {path} is a pipe or a device; give a settings file.") { Argument = "Settings" };
            }

            if (stream.Length > LargestFile)
            {
                throw new InputException($"Settings file {path} has {stream.Length} bytes; that is too large for a settings file, so give another file.") { Argument = "Settings" };
            }

            using JsonDocument document = JsonDocument.Parse(stream, new() { CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or (ArgumentException and not ArgumentOutOfRangeException))
        {
            throw new InputException($"Settings file {path} cannot be read ({Line(e.Message)}); tune again.", e) { Argument = "Settings" };
        }
        catch (JsonException e)
        {
            throw new InputException($"Settings file {path} is cut off or is not JSON (line {e.LineNumber + 1}); tune again.", e) { Argument = "Settings" };
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new InputException($"Settings file {path} is not a settings file ({Line(e.Message)}); tune again.", e) { Argument = "Settings" };
        }
        catch (ArgumentOutOfRangeException e)
        {
            string right = e.Message[..Math.Max(0, e.Message.IndexOf(". (Parameter", StringComparison.Ordinal))];
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"Settings file {path} is wrong: {right}, not {e.ActualValue}; correct it, or tune again."), e) { Argument = "Settings" };
        }
    }

    /// <summary>Writes the file atomically.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, SettingsJson.Default.SettingsFile));

    /// <summary>The settings for an optimizer name as typed. If they have no μ, they get the μ of this file. Null if the file has no such settings.</summary>
    public OptimizerSettings? For(string optimizer) =>
        Optimizers.TryGetValue(optimizer, out OptimizerSettings? settings) ? settings with { Smoothing = settings.Smoothing ?? Smoothing } : null;

    // Read property by property, since the serializer's generated code sets missing ones to 0 instead of the defaults of their type.
    private static SettingsFile Read(JsonElement root)
    {
        var file = new SettingsFile();
        foreach (JsonProperty property in Properties(root, "the file"))
        {
            file = property.Name switch
            {
                "model" => file with { Model = Text(property) },
                "modelSha256" => file with { ModelSha256 = Text(property) },
                "task" => file with { Task = Text(property) },
                "distortionWeight" => file with { DistortionWeight = OptionalNumber(property) },
                "smoothing" => file with { Smoothing = OptionalNumber(property) },
                "optimizers" => file with { Optimizers = Properties(property.Value, property.Name).ToDictionary(o => o.Name, Settings) },
                "meanFinalLoss" => file with { MeanFinalLoss = Properties(property.Value, property.Name).ToDictionary(o => o.Name, Number) },
                _ => throw Wrong(property, "is unknown"),
            };
        }

        return file;
    }

    private static OptimizerSettings Settings(JsonProperty optimizer)
    {
        var settings = new OptimizerSettings();
        foreach (JsonProperty property in Properties(optimizer.Value, optimizer.Name))
        {
            settings = property.Name switch
            {
                "directions" => settings with { Directions = property.Value is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int whole) ? whole : throw Wrong(property, "is no whole number") },
                "stepSize" => settings with { StepSize = Number(property) },
                "beta1" => settings with { Beta1 = Number(property) },
                "beta2" => settings with { Beta2 = Number(property) },
                "epsilon" => settings with { Epsilon = Number(property) },
                "alpha" => settings with { Alpha = Number(property) },
                "estimate" => settings with { Estimate = Enum.TryParse(Text(property), ignoreCase: true, out EstimateKind kind) ? kind : throw Wrong(property, "is no kind of estimate") },
                "smoothing" => settings with { Smoothing = OptionalNumber(property) },
                _ => throw Wrong(property, "is unknown"),
            };
        }

        return settings;
    }

    private static JsonElement.ObjectEnumerator Properties(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : throw new InvalidDataException($"{name} is no object");

    private static string? Text(JsonProperty property) =>
        property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null ? property.Value.GetString() : throw Wrong(property, "is no text");

    private static double Number(JsonProperty property) => property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble() : throw Wrong(property, "is no number");

    private static double? OptionalNumber(JsonProperty property) => property.Value.ValueKind == JsonValueKind.Null ? null : Number(property);

    private static InvalidDataException Wrong(JsonProperty property, string why) => new($"{property.Name} {why}");

    private static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
