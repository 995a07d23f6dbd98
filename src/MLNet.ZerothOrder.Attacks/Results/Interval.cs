using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The low and the high end of an interval; in JSON an array of the two.</summary>
/// <param name="Low">The low end.</param>
/// <param name="High">The high end.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct Interval(double Low, double High)
{
    internal sealed class Converter : JsonConverter<Interval>
    {
        public override Interval Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException();
            }

            double low = Number(ref reader);
            double high = Number(ref reader);
            return reader.Read() && reader.TokenType == JsonTokenType.EndArray ? new Interval(low, high) : throw new JsonException();

            static double Number(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, Interval value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(value.Low);
            writer.WriteNumberValue(value.High);
            writer.WriteEndArray();
        }
    }
}
