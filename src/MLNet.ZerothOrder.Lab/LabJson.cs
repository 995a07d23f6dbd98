using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Serializes results as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExperimentResult))]
[JsonSerializable(typeof(Throughput))]
[JsonSerializable(typeof(StepTimes))]
[JsonSerializable(typeof(GraphTimes))]
[JsonSerializable(typeof(UnrollTimes))]
[JsonSerializable(typeof(StartupTimes))]
[JsonSerializable(typeof(MemoryPeaks))]
[JsonSerializable(typeof(QueryOverheads))]
internal sealed partial class LabJson : JsonSerializerContext;
