namespace MLNet.ZerothOrder;

/// <summary>The result of probing a classifier with blank images.</summary>
/// <param name="Rows">The rows of each call.</param>
/// <param name="FixedRows">The number of rows that every call must have; null for any number.</param>
/// <param name="OutputDims">The shape of the output for this many rows.</param>
/// <param name="Scores">The scores of alternating black and gray images, row by row.</param>
/// <param name="IsSteady">Whether the scores of a row are the same in another call and beside other rows.</param>
internal sealed record ProbeResult(int Rows, int? FixedRows, long[] OutputDims, float[] Scores, bool IsSteady);
