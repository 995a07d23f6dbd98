namespace MLNet.ZerothOrder;

/// <summary>What a few calls with blank images told about a classifier.</summary>
/// <param name="Rows">Rows of each call.</param>
/// <param name="FixedRows">Rows that every call must carry; null for any number.</param>
/// <param name="OutputDims">The output's shape for so many rows.</param>
/// <param name="Scores">The scores of black and grey images in turn, row after row.</param>
/// <param name="IsSteady">Whether a row's scores are the same in another call and in other company.</param>
internal sealed record ProbeResult(int Rows, int? FixedRows, long[] OutputDims, float[] Scores, bool IsSteady);
