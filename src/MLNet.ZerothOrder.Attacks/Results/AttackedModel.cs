using System.Globalization;
using System.Text.Json.Serialization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The classifier that was attacked.</summary>
/// <param name="Path">The file or the address of the model; empty if it has neither.</param>
/// <param name="Sha256">The hash of the file; empty without a file.</param>
/// <param name="Input">The input: name, type, shape and the encoding of pixels.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Output">The kind of its scores.</param>
public sealed record AttackedModel(string Path, string Sha256, string Input, int Classes, string Output)
{
    /// <summary>The names of the classes, in the order of the scores; null if they are not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Describes an oracle: a classifier by its own description, any other by its lengths.</summary>
    /// <param name="oracle">The oracle, without decorators.</param>
    /// <param name="scores">The kind of its scores.</param>
    /// <param name="names">The names of its classes, which count if there is one for each class; null for those in the metadata of an ONNX file.</param>
    public static AttackedModel Of(IQueryOracle oracle, ScoreKind scores, ClassNames? names = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ClassifierInfo? info = (oracle as IClassifier)?.Info;
        AttackedModel model = info is null ? new AttackedModel("", "", $"{oracle.InputLength} values", oracle.ScoreLength, ScoreKinds.Name(scores))
            : new AttackedModel(info.Path, info.Sha256, info.InputText, info.Classes, ScoreKinds.Name(scores));
        names ??= info is null ? null : Data.ClassNames.OfMetadata(info.Metadata, oracle.ScoreLength);
        return model with { ClassNames = names?.Names.Count == oracle.ScoreLength ? names.Names : null };
    }

    /// <summary>The short name of a class, or its index if it has none: <c>tench</c> for <c>n01440764 tench, Tinca tinca</c>.</summary>
    public string NameOf(int index) =>
        (ClassNames is not null && index >= 0 && index < ClassNames.Count ? Data.ClassNames.Short(ClassNames[index]) : null) ?? index.ToString(CultureInfo.InvariantCulture);
}
