using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata, WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(EstimateKindConverter)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SettingsFile))]
internal sealed partial class SettingsJson : JsonSerializerContext;

internal sealed class EstimateKindConverter() : JsonStringEnumConverter<EstimateKind>(JsonNamingPolicy.CamelCase);
