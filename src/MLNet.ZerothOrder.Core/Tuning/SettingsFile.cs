using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>Tuned settings of optimizers for one target and task, as a JSON file.</summary>
public sealed record SettingsFile
{
    private const long LargestFile = 1 << 20;

    // By reflection, since generated code sets what a file leaves out to 0 where the type has another default.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter<EstimateKind>(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The file name of the target that was tuned on.</summary>
    public string? Model { get; init; }

    /// <summary>The target's SHA-256.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>What was tuned on and how, in words.</summary>
    public string? Task { get; init; }

    /// <summary>c, the distortion's weight in the loss that was tuned on; null where the file does not tell.</summary>
    public double? DistortionWeight { get; init; }

    /// <summary>μ for this target.</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "The smoothing parameter μ is a positive number.");
    }

    /// <summary>Settings by optimizer name; <c>name:antithetic</c> are those of its antithetic form.</summary>
    public IReadOnlyDictionary<string, OptimizerSettings> Optimizers { get; init; } = new SortedDictionary<string, OptimizerSettings>();

    /// <summary>The tuning's own measure of each: the mean final loss on the tuning images.</summary>
    public IReadOnlyDictionary<string, double> MeanFinalLoss { get; init; } = new SortedDictionary<string, double>();

    /// <summary>Reads a settings file.</summary>
    /// <exception cref="InputException">No such file, not JSON of this form, or a value out of range.</exception>
    public static SettingsFile Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (!stream.CanSeek)
            {
                throw new InputException($"Settings file {path} is a pipe or a device; give a file that tuning wrote.") { Argument = "Settings" };
            }

            if (stream.Length > LargestFile)
            {
                throw new InputException($"Settings file {path} has {stream.Length} bytes; a settings file is small, so give one that tuning wrote.") { Argument = "Settings" };
            }

            return JsonSerializer.Deserialize<SettingsFile>(stream, Json) is { Optimizers: not null, MeanFinalLoss: not null } settings
                && settings.Optimizers.Values.All(o => o is not null)
                ? settings : throw new InputException($"Settings file {path} holds no settings; tune anew.") { Argument = "Settings" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or (ArgumentException and not ArgumentOutOfRangeException))
        {
            throw new InputException($"Settings file {path} cannot be read ({Line(e.Message)}); tune anew.", e) { Argument = "Settings" };
        }
        catch (JsonException e) when (e.InnerException is JsonException)
        {
            throw new InputException($"Settings file {path} is cut off or no JSON (line {e.LineNumber + 1}); tune anew.", e) { Argument = "Settings" };
        }
        catch (JsonException e) when (e.InnerException is not ArgumentOutOfRangeException)
        {
            throw new InputException($"Settings file {path} is not one of ours (line {e.LineNumber + 1} is wrong{(e.Path is { Length: > 1 } place ? $", at {Line(place)}" : "")}); tune anew.", e) { Argument = "Settings" };
        }
        catch (Exception e) when ((e as ArgumentOutOfRangeException ?? e.InnerException) is ArgumentOutOfRangeException range)
        {
            string right = range.Message[..Math.Max(0, range.Message.IndexOf(". (Parameter", StringComparison.Ordinal))];
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"Settings file {path} is wrong: {right}, not {range.ActualValue}; correct it, or tune anew."), e) { Argument = "Settings" };
        }
    }

    /// <summary>Writes the file, atomically.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, Json));

    /// <summary>The settings for an optimizer as it is typed, with this file's μ where they have none; null where the file has none.</summary>
    public OptimizerSettings? For(string optimizer) =>
        Optimizers.TryGetValue(optimizer, out OptimizerSettings? settings) ? settings with { Smoothing = settings.Smoothing ?? Smoothing } : null;

    private static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
