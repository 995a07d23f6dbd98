using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.ZerothOrder.Fuzz;

/// <summary>Changes JSON as such: its values, members and elements. What comes of it is still JSON, so that readers look further into it.</summary>
internal static class JsonMutator
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "0.5", "1e308", "1e999", "-1e-400", "2147483648", "9223372036854775808", "99999999999999999999",
        "\"\"", "\"NaN\"", "\"Infinity\"", "\"../../x.png\"", "\"/etc/passwd\"", "\"images/0.png\"", "\"a\\u0000b\"", "\"<script>\"", "\"\\ud800\"", "\"l2\"", "\"success\"", "[]", "{}", "[null]", "[[[[]]]]",
    ];

    /// <summary>Makes so many changes; what is no JSON stays as it is.</summary>
    public static byte[] Mutate(byte[] json, Random random, int changes)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject root)
            {
                return json;
            }

            for (; changes > 0; changes--)
            {
                Change(root, random);
            }

            return Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // A text that is no Unicode cannot be written again.
            return json;
        }
    }

    private static void Change(JsonObject root, Random random)
    {
        JsonNode parent = Parent(root, random);
        if (parent is JsonObject members)
        {
            string[] names = [.. members.Select(member => member.Key)];
            string name = names[random.Next(names.Length)];
            switch (random.Next(6))
            {
                case 0:
                    members.Remove(name);
                    break;
                case 1:
                    JsonNode? moved = members[name]?.DeepClone();
                    members.Remove(name);
                    members[random.Next(2) == 0 ? name + "2" : names[random.Next(names.Length)]] = moved;
                    break;
                case 2:
                    members[name] = members[names[random.Next(names.Length)]]?.DeepClone();
                    break;
                case 3:
                    members[name] = Parent(root, random).DeepClone();
                    break;
                default:
                    members[name] = Value(random);
                    break;
            }
        }
        else if (parent is JsonArray elements)
        {
            int at = random.Next(elements.Count);
            switch (random.Next(4))
            {
                case 0:
                    elements.RemoveAt(at);
                    break;
                case 1:
                    elements.Insert(at, elements[at]?.DeepClone());
                    break;
                case 2:
                    elements[at] = elements[random.Next(elements.Count)]?.DeepClone();
                    break;
                default:
                    elements[at] = Value(random);
                    break;
            }
        }
    }

    private static JsonNode? Value(Random random) => JsonNode.Parse(Values[random.Next(Values.Length)]);

    // Down from the root by chance, to an object or a list that holds something.
    private static JsonNode Parent(JsonObject root, Random random)
    {
        JsonNode at = root;
        while (true)
        {
            JsonNode?[] below = [.. (at is JsonObject members ? members.Select(member => member.Value) : (JsonArray)at).Where(node => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })];
            if (below.Length == 0 || random.Next(4) == 0)
            {
                return at;
            }

            at = below[random.Next(below.Length)]!;
        }
    }
}
