using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>The metadata of a learned optimizer's file.</summary>
internal sealed class OptimizerMetadata
{
    private const string Kind = "kind";
    private const string LearnedOptimizer = "zo learned optimizer";
    private const string Version = "formatVersion";
    private const string Hidden = "hidden";
    private const string Bias = "bias";
    private const string Networks = "networks";
    private const string TrainedOn = "trainedOn";
    private const string Directions = "directions";
    private const string Smoothing = "smoothing";
    private const string Seed = "seed";
    private const string ValidationLoss = "validationLoss";
    private const string Open = "open";

    private readonly string _path;
    private readonly Dictionary<string, string> _entries = [];

    /// <exception cref="InputException">A key occurs twice.</exception>
    public OptimizerMetadata(string path, List<Entry> entries)
    {
        _path = path;
        foreach (Entry entry in entries)
        {
            if (!_entries.TryAdd(entry.Key, entry.Value))
            {
                throw new InputException($"Optimizer '{path}' has metadata '{entry.Key}' twice; export it again.");
            }
        }
    }

    /// <summary>Whether the file declares itself as a learned optimizer.</summary>
    public bool IsLearnedOptimizer => NamesOptimizer(_entries);

    /// <summary>Whether the metadata of an ONNX file declare a learned optimizer, of any format version.</summary>
    public static bool NamesOptimizer(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(Kind, out string? kind) && kind == LearnedOptimizer;

    /// <summary>Writes the metadata of a model.</summary>
    public static void Write(LearnedModel model, List<Entry> entries)
    {
        Add(Kind, LearnedOptimizer);
        Add(Version, Invariant(LearnedModel.FormatVersion));
        Add(Networks, model.Kind switch { LearnedKind.Proximal => model.Spatial is not null ? "proximal images spatial" : model.SeesImages ? "proximal images" : "proximal", LearnedKind.Gated => "gated", _ => "update" } + (model.Query is null ? "" : " query"));
        Add(Hidden, Invariant(model.Hidden));
        Add(Bias, model.Query is null ? Flag(model.Update) : $"{Flag(model.Update)} {Flag(model.Query)}");
        Add(TrainedOn, model.TrainedOn);
        Add(Directions, Invariant(model.Directions));
        Add(Smoothing, model.Smoothing is { } smoothing ? Invariant(smoothing) : Open);
        Add(Seed, Invariant(model.Seed));
        Add(ValidationLoss, Invariant(model.ValidationLoss));

        void Add(string key, string value) => entries.Add(new Entry { Key = key, Value = value });

        static string Flag(RnnWeights weights) => weights.HasBias ? "yes" : "no";

        static string Invariant(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
    }

    /// <exception cref="InputException">The file has another version of the format.</exception>
    public void ThrowIfOtherVersion()
    {
        int version = Integer(Version, 1, int.MaxValue);
        if (version != LearnedModel.FormatVersion)
        {
            throw new InputException(
                $"Optimizer '{_path}' has version {version} of the optimizer format, but this program reads version {LearnedModel.FormatVersion}; use a matching program or export the optimizer again.");
        }
    }

    /// <summary>H, whether each network of the file has biases, and the kind of model.</summary>
    /// <exception cref="InputException">A field is missing or wrong.</exception>
    public (int Hidden, bool UpdateHasBias, bool? QueryHasBias, LearnedKind Kind) Shape()
    {
        int hidden = Integer(Hidden, 1, RnnWeights.MaxHidden);
        string bias = Text(Bias);
        switch (Text(Networks))
        {
            case "update" when bias is "yes" or "no":
                return (hidden, bias == "yes", null, LearnedKind.Paper);
            case "proximal" or "proximal images" or "proximal images spatial" when bias is "yes":
                return (hidden, true, null, LearnedKind.Proximal);
            case "update query" when bias is "yes yes" or "yes no" or "no yes" or "no no":
                return (hidden, bias.StartsWith('y'), bias.EndsWith('s'), LearnedKind.Paper);
            case "gated" when bias is "yes":
                return (hidden, true, null, LearnedKind.Gated);
            case "gated query" when bias is "yes yes" or "yes no":
                return (hidden, true, bias.EndsWith('s'), LearnedKind.Gated);
            case "update" or "update query" or "gated" or "gated query" or "proximal" or "proximal images" or "proximal images spatial":
                throw Wrong(Bias, "yes or no for each network");
            default:
                throw Wrong(Networks, "'update', 'update query', 'gated', 'gated query', 'proximal', 'proximal images' or 'proximal images spatial'");
        }
    }

    /// <summary>Whether a proximal step has a spatial part.</summary>
    public bool HasSpatial => Text(Networks) == "proximal images spatial";

    /// <summary>Adds the circumstances of the training to the networks.</summary>
    /// <exception cref="InputException">A field is missing or wrong.</exception>
    public LearnedModel Describe(LearnedModel networks)
    {
        string trainedOn = Text(TrainedOn);
        if (trainedOn.Length > LearnedModel.MaxTrainedOn || trainedOn.Any(char.IsControl))
        {
            throw new InputException(
                $"Optimizer '{_path}' has metadata '{TrainedOn}' of more than one line of {LearnedModel.MaxTrainedOn} characters; export it again.");
        }

        float? smoothing = null;
        if (Text(Smoothing) != Open)
        {
            smoothing = float.TryParse(Text(Smoothing), NumberStyles.Float, CultureInfo.InvariantCulture, out float given) && given > 0 && float.IsFinite(given)
                ? given : throw Wrong(Smoothing, $"a positive number or '{Open}'");
        }

        if (!double.TryParse(Text(ValidationLoss), NumberStyles.Float, CultureInfo.InvariantCulture, out double loss))
        {
            throw Wrong(ValidationLoss, "a number");
        }

        if (!long.TryParse(Text(Seed), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed))
        {
            throw Wrong(Seed, "an integer");
        }

        return networks with
        {
            TrainedOn = trainedOn,
            SeesImages = Text(Networks).StartsWith("proximal images", StringComparison.Ordinal),
            Directions = Integer(Directions, 1, int.MaxValue),
            Smoothing = smoothing,
            Seed = seed,
            ValidationLoss = loss,
        };
    }

    private int Integer(string key, int min, int max) =>
        int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value : throw Wrong(key, max == int.MaxValue ? "a positive integer" : $"an integer in {min}..{max}");

    private string Text(string key) => _entries.TryGetValue(key, out string? text)
        ? text : throw new InputException($"Optimizer '{_path}' lacks the metadata '{key}'; export it again.");

    private InputException Wrong(string key, string right)
    {
        string value = OnnxErrors.OneLine(_entries[key]);
        return new($"Optimizer '{_path}' has '{(value.Length > 40 ? value[..40] + "…" : value)}' in its metadata '{key}', which must be {right}; export it again.");
    }
}
