using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>Images as JSON arrays.</summary>
internal static class ImageJson
{
    /// <summary>Writes the input values of an image as arrays in the order of the input, or as one flat array.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<float> pixels, RequestInput input, TensorType type, bool isFlat)
    {
        var bytes = new byte[input.Pixels.RowBytes];
        var values = new float[input.Axes.Image.Length];
        input.Pixels.Write(pixels, bytes);
        Tensors.Read(type, bytes, values);
        int at = 0;
        long[] dims = input.Axes.Dims(1);
        Write(writer, values, isFlat ? [values.Length] : dims.Length > 1 ? dims.AsSpan(input.Axes.FixedRows == 1 && dims[0] != 1 ? 0 : 1) : dims, ref at);
    }

    private static void Write(Utf8JsonWriter writer, float[] values, ReadOnlySpan<long> dims, ref int at)
    {
        writer.WriteStartArray();
        for (long i = 0; i < dims[0]; i++)
        {
            if (dims.Length > 1)
            {
                Write(writer, values, dims[1..], ref at);
            }
            else
            {
                writer.WriteNumberValue(values[at++]);
            }
        }

        writer.WriteEndArray();
    }
}
