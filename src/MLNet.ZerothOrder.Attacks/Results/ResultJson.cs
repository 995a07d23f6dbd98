using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(StopReasonConverter)], RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(AttackResult))]
[JsonSerializable(typeof(AuditResult))]
[JsonSerializable(typeof(ShardRecord))]
[JsonSerializable(typeof(MergedShards))]
[JsonSerializable(typeof(TableResult))]
[JsonSerializable(typeof(BestTraceJson))]
[JsonSerializable(typeof(double[]))]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>Writes quotes and signs unescaped, because people read the files and they are not part of a web page.</summary>
    public static ResultJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

internal sealed class StopReasonConverter() : JsonStringEnumConverter<StopReason>(JsonNamingPolicy.CamelCase);

/// <summary>Writes NaN and infinities, which stand for missing figures, as null.</summary>
internal sealed class FiniteConverter : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

/// <summary>Writes a failure of the oracle as its message.</summary>
internal sealed class OracleFailureConverter : JsonConverter<OracleException>
{
    public override OracleException? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, OracleException value, JsonSerializerOptions options) => writer.WriteStringValue(value.Message);
}

/// <summary>Writes a norm as its word. An unknown word is read as ℓ1.</summary>
internal sealed class NormConverter : JsonConverter<DistortionNorm>
{
    public override DistortionNorm Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => DistortionNorms.Parse(reader.GetString()) ?? DistortionNorm.L1;

    public override void Write(Utf8JsonWriter writer, DistortionNorm value, JsonSerializerOptions options) => writer.WriteStringValue(value.Word());
}
