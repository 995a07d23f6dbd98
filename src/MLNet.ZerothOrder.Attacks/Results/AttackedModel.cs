namespace MLNet.ZerothOrder;

/// <summary>The classifier that was attacked.</summary>
/// <param name="Path">Its file; empty where it is none.</param>
/// <param name="Sha256">The file's hash; empty without one.</param>
/// <param name="Input">Its input: name, type, shape and the encoding of pixels.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Output">What its scores are.</param>
public sealed record AttackedModel(string Path, string Sha256, string Input, int Classes, string Output)
{
    /// <summary>Describes an oracle: an ONNX classifier by its file, any other by its lengths.</summary>
    /// <param name="oracle">The oracle, without decorators.</param>
    /// <param name="scores">What its scores are.</param>
    public static AttackedModel Of(IQueryOracle oracle, ScoreKind scores)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        return oracle is OnnxClassifierOracle { Info: var info }
            ? new AttackedModel(
                info.Path, info.Sha256, $"{info.Input}: {info.InputType} {info.InputShape}, images {info.Image}, pixels {info.Encoding}", info.Classes, ScoreKinds.Name(scores))
            : new AttackedModel("", "", $"{oracle.InputLength} values", oracle.ScoreLength, ScoreKinds.Name(scores));
    }
}
