using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>Rows of scores or labels in a JSON answer of any service.</summary>
internal static class JsonRows
{
    /// <summary>Reads the rows.</summary>
    /// <param name="nodes">The parts of the answer that hold them: one for each row, or one for all.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="classes">The names of the classes; null if they are not known.</param>
    public static ModelAnswer Read(IReadOnlyList<JsonElement> nodes, int rows, IReadOnlyList<string>? classes)
    {
        // One array of all rows, where rows are arrays, objects, names, or single numbers for several rows.
        if (nodes.Count == 1 && nodes[0].ValueKind == JsonValueKind.Array && nodes[0].GetArrayLength() == rows
            && (rows > 1 || nodes[0][0].ValueKind is JsonValueKind.Array || (nodes[0][0].ValueKind == JsonValueKind.Object && !IsScored(nodes[0][0]))))
        {
            nodes = [.. nodes[0].EnumerateArray()];
        }

        if (nodes.Count != rows)
        {
            throw RequestFailure.Broken($"has {nodes.Count} results for {rows} row{(rows == 1 ? "" : "s")}");
        }

        if (nodes.All(node => Labels(node, classes) is not null))
        {
            return ModelAnswer.Of([.. nodes.Select(node => Labels(node, classes)!)], rows);
        }

        float[][] scores = [.. nodes.Select(node => Scores(node, classes))];
        return scores.All(row => row.Length == scores[0].Length) ? ModelAnswer.Of([.. scores.SelectMany(row => row)], [rows, scores[0].Length], rows)
            : throw RequestFailure.Broken("has rows of different lengths");
    }

    // A name, an index where the classes are named, names in order, or the best of named scores.
    private static string[]? Labels(JsonElement node, IReadOnlyList<string>? classes)
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.String when !JsonText.TryNumber(node, out _):
                return [node.GetString()!];
            case JsonValueKind.Number when classes is not null && node.TryGetInt32(out int index) && index >= 0:
                return [index.ToString(System.Globalization.CultureInfo.InvariantCulture)];
            case JsonValueKind.Array when node.GetArrayLength() > 0 && node.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String && !JsonText.TryNumber(name, out _)):
                return [.. node.EnumerateArray().Select(name => name.GetString()!)];
            case JsonValueKind.Array or JsonValueKind.Object when Named(node) is { } named && Order(named, classes) is null:
                return [.. named.OrderByDescending(pair => pair.Value).Select(pair => pair.Key)];
            default:
                return null;
        }
    }

    private static float[] Scores(JsonElement node, IReadOnlyList<string>? classes)
    {
        if (Named(node) is { } named && Order(named, classes) is { } order)
        {
            return [.. order.Select(name => named[name])];
        }

        return JsonText.Numbers(node).Values;
    }

    // The names of all scores in the order of the classes: the given names, or 0, 1, … as the columns of a table are named; null if they are others.
    private static IEnumerable<string>? Order(Dictionary<string, float> named, IReadOnlyList<string>? classes)
    {
        IReadOnlyList<string> indices = [.. Enumerable.Range(0, named.Count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        return classes is not null && classes.All(named.ContainsKey) ? classes
            : named.Count > 1 && indices.All(named.ContainsKey) && (classes is null || classes.Count == named.Count) ? indices : null;
    }

    private static bool IsScored(JsonElement node) => node.ValueKind == JsonValueKind.Object && node.TryGetProperty("score", out _);

    // {"cat": 0.9, "dog": 0.1}, or [{"label": "cat", "score": 0.9}, …]; null for anything else.
    private static Dictionary<string, float>? Named(JsonElement node)
    {
        var named = new Dictionary<string, float>();
        if (node.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty score in node.EnumerateObject())
            {
                if (!JsonText.TryNumber(score.Value, out float value))
                {
                    return null;
                }

                named[score.Name] = value;
            }
        }
        else if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement pair in node.EnumerateArray())
            {
                if (!IsScored(pair) || !JsonText.TryNumber(pair.GetProperty("score"), out float value) || !pair.TryGetProperty("label", out JsonElement label) || label.ValueKind != JsonValueKind.String)
                {
                    return null;
                }

                named[label.GetString()!] = value;
            }
        }

        return named.Count > 0 ? named : null;
    }
}
