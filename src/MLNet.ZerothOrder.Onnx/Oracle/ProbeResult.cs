namespace MLNet.ZerothOrder;

/// <summary>The result of probing a classifier.</summary>
/// <param name="FixedRows">The number of rows that every call must have; null for any number.</param>
/// <param name="OutputDims">The shape of the output for this many rows, or for two.</param>
/// <param name="Outputs">The number of scores in a row.</param>
/// <param name="Scores">The scores of different images, row by row.</param>
/// <param name="CallRows">The number of rows that a call should have.</param>
/// <param name="IsRepeatable">Whether a repeated call gives the same scores.</param>
/// <param name="Difference">The largest difference between scores of one image, over all calls.</param>
/// <param name="CutHolds">Whether the activation of the scores in front of it equals the model's output; false if nothing was cut.</param>
internal sealed record ProbeResult(
    int? FixedRows, long[] OutputDims, int Outputs, float[] Scores, CallRows CallRows, bool IsRepeatable, float Difference, bool CutHolds);
