namespace MLNet.ZerothOrder;

/// <summary>The target in a result file.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Sha256">Its hash.</param>
/// <param name="Input">Its input: name, type, shape and the encoding of pixels.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Output">What its scores are.</param>
public sealed record ModelRecord(string Path, string Sha256, string Input, int Classes, string Output);
