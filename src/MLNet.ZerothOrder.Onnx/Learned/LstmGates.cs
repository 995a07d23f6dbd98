namespace MLNet.ZerothOrder;

/// <summary>Converts between our order of gates, i, f, g, o, and that of ONNX's LSTM, i, o, f, g (ONNX calls g "c").</summary>
internal static class LstmGates
{
    // The positions of ONNX's gates in our order, and the reverse.
    private static ReadOnlySpan<int> InMemory => [0, 3, 1, 2];

    private static ReadOnlySpan<int> InOnnx => [0, 2, 3, 1];

    /// <summary>Rows of gates in ONNX's order, for any number of columns.</summary>
    public static float[] ToOnnx(ReadOnlySpan<float> rows) => Order(rows, InMemory);

    /// <summary>Rows of gates in our order, for any number of columns.</summary>
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
