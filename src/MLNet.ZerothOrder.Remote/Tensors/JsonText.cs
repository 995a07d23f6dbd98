using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>JSON from servers, in which NaN and Infinity may be bare words, as TensorFlow Serving and Python write them.</summary>
internal static class JsonText
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Parses a document. Bare words become texts of the same length, which <see cref="TryNumber"/> reads.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static JsonDocument Parse(Memory<byte> json)
    {
        QuoteWords(json.Span);
        return JsonDocument.Parse(json, Options);
    }

    /// <summary>Reads a number, also one that is written as text.</summary>
    public static bool TryNumber(JsonElement json, out float value)
    {
        value = float.NaN;
        switch (json.ValueKind)
        {
            case JsonValueKind.Number:
                return json.TryGetSingle(out value);
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.String when json.GetString() is { } text:
                // Bare words lost their first and last letter to quotation marks.
                return text is "a" or "nfinit" or "Infinit" or "NaN" or "nan" || float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
            default:
                return false;
        }
    }

    /// <summary>Reads an array of numbers, of any depth, with its shape.</summary>
    /// <exception cref="RequestFailure">It holds something else, or rows of different lengths.</exception>
    public static (float[] Values, int[] Dims) Numbers(JsonElement json)
    {
        var values = new List<float>();
        var dims = new List<int>();
        Add(json, 0);
        return ([.. values], [.. dims]);

        void Add(JsonElement at, int depth)
        {
            if (at.ValueKind != JsonValueKind.Array)
            {
                if (depth != dims.Count && depth < dims.Count)
                {
                    throw RequestFailure.Broken("has rows of different lengths");
                }

                values.Add(TryNumber(at, out float value) ? value : throw RequestFailure.Broken($"has {Shorten(at.GetRawText())} where a number should be"));
                return;
            }

            int length = at.GetArrayLength();
            if (dims.Count == depth && values.Count == 0)
            {
                dims.Add(length);
            }
            else if (depth >= dims.Count || dims[depth] != length)
            {
                throw RequestFailure.Broken("has rows of different lengths");
            }

            foreach (JsonElement element in at.EnumerateArray())
            {
                Add(element, depth + 1);
            }
        }
    }

    public static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    // NaN becomes "a", -Infinity "Infinit" and Infinity "nfinit", with the quotation marks in place of the first and the last letter.
    private static void QuoteWords(Span<byte> json)
    {
        bool isText = false;
        for (int i = 0; i < json.Length; i++)
        {
            byte b = json[i];
            if (isText)
            {
                i += b == '\\' ? 1 : 0;
                isText = b != '"';
                continue;
            }

            if (b == '"')
            {
                isText = true;
                continue;
            }

            int length = b switch
            {
                (byte)'N' when json[i..].StartsWith("NaN"u8) => 3,
                (byte)'I' when json[i..].StartsWith("Infinity"u8) => 8,
                (byte)'-' when json[i..].StartsWith("-Infinity"u8) => 9,
                _ => 0,
            };
            if (length > 0)
            {
                json[i] = json[i + length - 1] = (byte)'"';
                i += length - 1;
            }
        }
    }
}
