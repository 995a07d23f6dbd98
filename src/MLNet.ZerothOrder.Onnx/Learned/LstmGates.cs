namespace MLNet.ZerothOrder;

/// <summary>Between the gates' order in memory, i, f, g, o, and that of ONNX's LSTM, i, o, f, g (which ONNX calls c).</summary>
internal static class LstmGates
{
    // Which of memory's gates each of ONNX's is, and the other way round.
    private static ReadOnlySpan<int> InMemory => [0, 3, 1, 2];

    private static ReadOnlySpan<int> InOnnx => [0, 2, 3, 1];

    /// <summary>Rows of gates in ONNX's order; any number of columns.</summary>
    public static float[] ToOnnx(ReadOnlySpan<float> rows) => Order(rows, InMemory);

    /// <summary>Rows of gates in memory's order; any number of columns.</summary>
    public static float[] FromOnnx(ReadOnlySpan<float> rows) => Order(rows, InOnnx);

    private static float[] Order(ReadOnlySpan<float> rows, ReadOnlySpan<int> order)
    {
        var ordered = new float[rows.Length];
        int length = rows.Length / 4;
        for (int gate = 0; gate < 4; gate++)
        {
            rows.Slice(order[gate] * length, length).CopyTo(ordered.AsSpan(gate * length));
        }

        return ordered;
    }
}
