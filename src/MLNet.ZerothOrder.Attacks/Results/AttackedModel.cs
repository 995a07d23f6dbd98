namespace MLNet.ZerothOrder;

/// <summary>The classifier that was attacked.</summary>
/// <param name="Path">The file of the model; empty if it is not a file.</param>
/// <param name="Sha256">The hash of the file; empty without a file.</param>
/// <param name="Input">The input: name, type, shape and the encoding of pixels.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Output">The kind of its scores.</param>
public sealed record AttackedModel(string Path, string Sha256, string Input, int Classes, string Output)
{
    /// <summary>Describes an oracle: an ONNX classifier by its file, any other by its lengths.</summary>
    /// <param name="oracle">The oracle, without decorators.</param>
    /// <param name="scores">The kind of its scores.</param>
    public static AttackedModel Of(IQueryOracle oracle, ScoreKind scores)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        return oracle is OnnxClassifierOracle { Info: var info }
            ? new AttackedModel(
                info.Path, info.Sha256, $"{info.Input}: {info.InputType} {info.InputShape}, images {info.Image}, pixels {info.Encoding}", info.Classes, ScoreKinds.Name(scores))
            : new AttackedModel("", "", $"{oracle.InputLength} values", oracle.ScoreLength, ScoreKinds.Name(scores));
    }
}
