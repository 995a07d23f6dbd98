using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder.Reports;

/// <summary>Charts as JSON for charts.js.</summary>
internal static class ChartJson
{
    // More points are not visible on a screen or on paper.
    private const int MostPoints = 600;

    /// <summary>The charts as JSON that is safe inside a script element: the encoder escapes every &lt;.</summary>
    public static string Of(IEnumerable<Chart> charts, IReadOnlyDictionary<string, int> colours)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (Chart chart in charts)
            {
                Write(json, chart, colours);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, Chart chart, IReadOnlyDictionary<string, int> colours)
    {
        json.WriteStartObject();
        json.WriteString("id", chart.Id);
        json.WriteString("title", chart.Title);
        json.WriteString("kind", chart.Kind.ToString().ToLowerInvariant());
        Write(json, "x", chart.X);
        Write(json, "y", chart.Y);
        json.WriteStartArray("series");
        foreach (ChartSeries series in chart.Series)
        {
            int[] points = Points(chart.Kind == ChartKind.Bars ? 0 : series.X.Count);
            json.WriteStartObject();
            json.WriteString("name", series.Name);
            json.WriteNumber("colour", colours.GetValueOrDefault(series.Name));
            json.WriteBoolean("dashed", series.Dashed);
            Write(json, "x", series.X, points);
            Write(json, "y", series.Y, points);
            if (series.Low is not null && series.High is not null)
            {
                Write(json, "low", series.Low, points);
                Write(json, "high", series.High, points);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rules");
        foreach (ChartRule rule in chart.Rules)
        {
            json.WriteStartObject();
            Write(json, "x", rule.X);
            json.WriteString("label", rule.Label);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // All points, or evenly spaced ones with both ends. Empty if all points are to be written.
    private static int[] Points(int count) =>
        count <= MostPoints ? [] : [.. Enumerable.Range(0, MostPoints).Select(i => (int)((long)i * (count - 1) / (MostPoints - 1)))];

    private static void Write(Utf8JsonWriter json, string name, ChartAxis axis)
    {
        json.WriteStartObject(name);
        json.WriteString("label", axis.Label);
        json.WriteBoolean("log", axis.Logarithmic);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<double> values, int[] points)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < (points.Length == 0 ? values.Count : points.Length); i++)
        {
            Write(json, values[points.Length == 0 ? i : points[i]]);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        Write(json, value);
    }

    // Six digits are more than visible, and a third of the length of a double.
    private static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteRawValue(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
