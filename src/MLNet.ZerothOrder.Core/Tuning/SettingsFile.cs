using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Tuned settings of optimizers for one target and task, stored as JSON.</summary>
public sealed record SettingsFile
{
    private const long LargestFile = 1 << 20;

    // Uses reflection: generated code would set missing properties to 0 instead of the defaults of their type.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter<EstimateKind>(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

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

            return JsonSerializer.Deserialize<SettingsFile>(stream, Json) is { Optimizers: not null, MeanFinalLoss: not null } settings
                && settings.Optimizers.Values.All(o => o is not null)
                ? settings : throw new InputException($"Settings file {path} holds no settings; tune again.") { Argument = "Settings" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or (ArgumentException and not ArgumentOutOfRangeException))
        {
            throw new InputException($"Settings file {path} cannot be read ({Line(e.Message)}); tune again.", e) { Argument = "Settings" };
        }
        catch (JsonException e) when (e.InnerException is JsonException)
        {
            throw new InputException($"Settings file {path} is cut off or is not JSON (line {e.LineNumber + 1}); tune again.", e) { Argument = "Settings" };
        }
        catch (JsonException e) when (e.InnerException is not ArgumentOutOfRangeException)
        {
            throw new InputException($"Settings file {path} is not a settings file (line {e.LineNumber + 1} is wrong{(e.Path is { Length: > 1 } place ? $", at {Line(place)}" : "")}); tune again.", e) { Argument = "Settings" };
        }
        catch (Exception e) when ((e as ArgumentOutOfRangeException ?? e.InnerException) is ArgumentOutOfRangeException range)
        {
            string right = range.Message[..Math.Max(0, range.Message.IndexOf(". (Parameter", StringComparison.Ordinal))];
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"Settings file {path} is wrong: {right}, not {range.ActualValue}; correct it, or tune again."), e) { Argument = "Settings" };
        }
    }

    /// <summary>Writes the file atomically.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, Json));

    /// <summary>The settings for an optimizer name as typed. If they have no μ, they get the μ of this file. Null if the file has no such settings.</summary>
    public OptimizerSettings? For(string optimizer) =>
        Optimizers.TryGetValue(optimizer, out OptimizerSettings? settings) ? settings with { Smoothing = settings.Smoothing ?? Smoothing } : null;

    private static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
