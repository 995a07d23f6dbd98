using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// The names of a model's classes, in the order of its scores, to which folders and labels are matched by name. Case, spaces, underscores and punctuation do not
/// count. A class may have several names, separated by commas, and an id of WordNet such as <c>n01440764</c> in front of them, as ImageNet's have.
/// </summary>
public sealed partial class ClassNames
{
    private const int MostClasses = 1_000_000;
    private const int MostTold = 6;

    // The names of a JSON document's part with the names of the classes, such as of a model's configuration.
    private static readonly string[] Parts = ["id2label", "label2id", "class_to_idx", "idx_to_class", "names", "classes", "labels", "label_names"];

    private readonly string[] _names;
    private readonly string _source;

    // The words of a name without spaces, and the classes that have it.
    private readonly Dictionary<string, SortedSet<int>> _classes = new(StringComparer.Ordinal);

    /// <summary>Creates the list.</summary>
    /// <param name="names">The names, in the order of the scores; empty for a class whose name is not known.</param>
    public ClassNames(IReadOnlyList<string> names)
        : this(names, "the given names")
    {
    }

    private ClassNames(IReadOnlyList<string> names, string source)
    {
        _names = [.. names];
        _source = source;
        for (int i = 0; i < _names.Length; i++)
        {
            Match id = WordNetId().Match(_names[i]);
            string rest = id.Success ? _names[i][id.Length..] : _names[i];
            foreach (string name in (string[])[_names[i], id.Value, rest, .. rest.Split(',')])
            {
                string[] words = Words(name);
                if (words.Length > 0)
                {
                    if (!_classes.TryGetValue(string.Concat(words), out SortedSet<int>? classes))
                    {
                        _classes.Add(string.Concat(words), classes = []);
                    }

                    classes.Add(i);
                }
            }
        }
    }

    /// <summary>The names, in the order of the scores.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The ids and names of ImageNet's 1,000 classes, in the order of their ids, which models for ImageNet follow.</summary>
    /// <param name="withBackground">Whether a class <c>background</c> comes first, as in TensorFlow's models with 1,001 classes.</param>
    public static ClassNames ImageNet(bool withBackground = false)
    {
        using Stream stream = typeof(ClassNames).Assembly.GetManifestResourceStream("imagenet.txt")!;
        using var reader = new StreamReader(stream);
        string[] names = reader.ReadToEnd().TrimEnd().Split('\n');
        return new ClassNames(withBackground ? ["background", .. names] : names, "ImageNet");
    }

    /// <summary>
    /// Reads the names from a file: one a line; a table of index and name, or name and index; or JSON: a list, a map from index to name or from name to index, or a document
    /// with such a part, such as the configuration of a model.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, or holds no names or two for one class.</exception>
    public static ClassNames Read(string path)
    {
        using InputFile file = InputFile.Open(path);
        return Parse(LabelText.Text(file).Trim(), Path.GetFileName(path), (message, cause) => file.Error(message, cause));
    }

    /// <summary>The names in a model's own metadata, such as <c>names</c> = <c>{0: 'cat', 1: 'dog'}</c>; null if there are none for all of its classes.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="classes">The number of classes; null where it is not known yet.</param>
    public static ClassNames? OfMetadata(IReadOnlyDictionary<string, string> metadata, int? classes = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        foreach ((string _, string value) in metadata.Where(entry => Parts.Contains(entry.Key.Replace("class_", "").ToLowerInvariant())))
        {
            try
            {
                string text = value.Trim();
                bool isList = text.Contains('\n') || text.StartsWith('[') || text.StartsWith('{');
                ClassNames names = Parse(isList ? text : text.Replace(',', '\n'), "the model's metadata", (message, cause) => new InputException(message, cause));
                if (classes is null || names.Names.Count == classes)
                {
                    return names;
                }
            }
            catch (InputException)
            {
                // Metadata are free text.
            }
        }

        return null;
    }

    /// <summary>A name without an id of WordNet and without the names after a comma; null if nothing is left.</summary>
    public static string? Short(string name)
    {
        Match id = WordNetId().Match(name);
        string rest = (id.Success ? name[id.Length..] : name).Trim(' ', ',').Split(',')[0].Trim();
        return rest.Length > 0 ? rest : id.Success ? id.Value : null;
    }

    private static ClassNames Parse(string text, string source, Func<string, Exception?, InputException> error)
    {
        List<(int? Index, string Name)>? entries = null;
        if (text.StartsWith('[') || text.StartsWith('{'))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
                entries = OfJson(document.RootElement) ?? throw error("has no list or map of names; write a JSON list of names in the model's order, or a map such as {\"0\": \"cat\"}.", null);
            }
            catch (JsonException) when (text[0] == '{')
            {
                // A dictionary as Python prints it, an entry a line or all in one.
                text = NextEntry().Replace(text.Trim('{', '}'), "\n");
            }
            catch (JsonException e)
            {
                throw error($"is no valid JSON ({e.Message.TrimEnd('.')}); correct it, or write one name a line.", e);
            }
        }

        entries ??= OfLines([.. LabelText.Lines(text).Select(line => line.ToString().Trim(' ', '\t', '\r', ',')).Where(line => line.Length > 0)]);
        var names = new Dictionary<int, string>();
        foreach ((int? index, string name) in entries)
        {
            int at = index ?? names.Count;
            if (at is < 0 or >= MostClasses || !names.TryAdd(at, name))
            {
                throw error($"gives class {at} {(names.TryGetValue(at, out string? other) ? $"the names {InputFile.Quote(other)} and {InputFile.Quote(name)}" : $"a name, but classes are 0..{MostClasses - 1}")}; correct it.", null);
            }
        }

        return names.Count > 0
            ? new ClassNames([.. Enumerable.Range(0, names.Keys.Max() + 1).Select(i => names.GetValueOrDefault(i, ""))], source)
            : throw error("holds no names; write one name of a class a line, in the model's order.", null);
    }

    /// <summary>
    /// The class of a name: one that has it, one whose name is part of it, as <c>dog</c> of <c>n02 dog</c>, or, where no class has the name, the class with this index.
    /// </summary>
    /// <returns>The index of the class; null where there is none.</returns>
    /// <exception cref="InputException">Several classes have the name.</exception>
    public int? IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] words = Words(name);
        for (int length = words.Length; length > 0; length--)
        {
            SortedSet<int> found = [];
            for (int start = 0; start + length <= words.Length; start++)
            {
                string part = string.Concat(words.AsSpan(start, length)!);
                if (_classes.TryGetValue(part, out SortedSet<int>? classes) && (length == words.Length || !part.All(char.IsDigit)))
                {
                    found.UnionWith(classes);
                }
            }

            int[] exact = found.Count > 1 ? [.. found.Where(i => _names[i] == name)] : [.. found];
            if (exact.Length == 1)
            {
                return exact[0];
            }

            if (found.Count > 1)
            {
                throw new InputException($"The name {InputFile.Quote(name)} fits the classes {string.Join(" and ", found.Take(MostTold).Select(i => $"{i} ({_names[i]})"))} of {_source}; use names or ids that only one class has.");
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < _names.Length ? index : null;
    }

    /// <summary>Why a name is no class, as the rest of a sentence after the name; it ends with the remedy.</summary>
    internal string Unknown(string name)
    {
        string? nearest = NearestName.Of(name, _names);
        return $"is not among the {_names.Length} classes of {_source}{(nearest is null ? "" : $" (did you mean {InputFile.Quote(nearest)}?)")}; correct it, or add it to the names.";
    }

    /// <summary>How names became classes, such as <c>sub-folders cat, dog were taken as classes 0, 1</c>; empty for no names.</summary>
    internal static string[] Describe(string what, string of, IReadOnlyList<(string Name, int Class)> taken)
    {
        (string Name, int Class)[] all = [.. taken.Distinct().OrderBy(pair => pair.Class)];
        return all.Length == 0 ? []
            : [$"{what}{(all.Length == 1 ? "" : "s")} {List(pair => pair.Name)}{of} {(all.Length == 1 ? "was taken as class" : "were taken as classes")} {List(pair => $"{pair.Class}")}"];

        string List(Func<(string Name, int Class), string> part) => string.Join(", ", all.Take(MostTold).Select(part)) + (all.Length > MostTold ? ", …" : "");
    }

    private static List<(int? Index, string Name)>? OfJson(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            string?[] names = [.. json.EnumerateArray().Select(Name)];
            return names.Contains(null) ? null : [.. names.Select(name => ((int?)null, name!))];
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonProperty[] members = [.. json.EnumerateObject()];
        if (members.Length > 0 && members.All(member => Index(member.Name) is not null && Name(member.Value) is not null))
        {
            return [.. members.Select(member => (Index(member.Name), Name(member.Value)!))];
        }

        if (members.Length > 0 && members.All(member => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out _)))
        {
            return [.. members.Select(member => ((int?)member.Value.GetInt32(), member.Name))];
        }

        return Parts.Where(part => json.TryGetProperty(part, out _)).Select(part => OfJson(json.GetProperty(part))).FirstOrDefault(entries => entries is not null);

        // A list holds the id of a class and its names.
        static string? Name(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Array when element.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String) => string.Join(", ", element.EnumerateArray().Select(part => part.GetString())),
            _ => null,
        };
    }

    private static List<(int? Index, string Name)> OfLines(string[] lines)
    {
        Match[] first = [.. lines.Select(line => IndexThenName().Match(line))], last = [.. lines.Select(line => NameThenIndex().Match(line))];
        foreach (Match[] matches in new[] { first, last })
        {
            // A heading may stand above the table.
            Match[] table = matches is [{ Success: false }, _, ..] ? matches[1..] : matches;
            if (table.Length > 0 && table.All(match => match.Success) && table.DistinctBy(match => match.Groups["index"].Value).Count() == table.Length)
            {
                return [.. table.Select(match => (Index(match.Groups["index"].Value), Plain(match.Groups["name"].Value)))];
            }
        }

        return [.. lines.Where((line, i) => i > 0 || !LabelText.IsHeading(line)).Select(line => ((int?)null, Plain(line)))];
    }

    private static string Plain(string name)
    {
        name = name.Trim(' ', '\t', ',');
        return name.Length > 1 && name[0] is '"' or '\'' && name[^1] == name[0] ? name[1..^1] : name.Replace("\"", "").Replace('\t', ',').Replace(';', ',');
    }

    private static int? Index(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;

    private static string[] Words(string name) => [.. NoWord().Split(name.ToLowerInvariant()).Where(word => word.Length > 0)];

    [GeneratedRegex(@"^n\d{8}\b")]
    private static partial Regex WordNetId();

    [GeneratedRegex(@",\s*(?=[""']?\d+[""']?\s*:)")]
    private static partial Regex NextEntry();

    [GeneratedRegex(@"[^\p{L}\p{N}]+")]
    private static partial Regex NoWord();

    [GeneratedRegex(@"^[""']?(?<index>\d{1,9})[""']?(\s*[:,;\t]\s*|\s+)(?<name>.*\S)$")]
    private static partial Regex IndexThenName();

    [GeneratedRegex(@"^(?<name>.*\S)\s*[:,;\t]\s*[""']?(?<index>\d{1,9})[""']?$")]
    private static partial Regex NameThenIndex();
}
