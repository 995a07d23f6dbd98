using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Learns from a few calls with blank images what a classifier's shapes do not say.</summary>
internal sealed class ClassifierProbe(string path, OnnxSession session, ClassifierInput input, ClassifierOutput output, PixelEncoding encoding)
{
    /// <summary>
    /// Calls the model with two rows, which show that the output follows the batch axis; or with one, because some exports
    /// declare an open batch axis and yet only work with one row.
    /// </summary>
    /// <exception cref="InputException">The model fails, or its output is not one row of two scores or more per image.</exception>
    public ProbeResult Run()
    {
        try
        {
            return Run(input.FixedRows ?? 2, input.FixedRows);
        }
        catch (InputException declared) when (input.FixedRows is null)
        {
            try
            {
                return Run(rows: 1, fixedRows: 1);
            }
            catch (InputException)
            {
                throw declared;
            }
        }
    }

    // Black and grey: rows that differ, so that scores which only look like probabilities on one are found out. Then the last row's shade
    // throughout: that row's scores must not change with its company, nor by chance.
    private ProbeResult Run(int rows, int? fixedRows)
    {
        var (dims, scores) = Score([.. Enumerable.Range(0, rows).Select(row => row % 2 * 0.5f)]);
        var (_, again) = Score([.. Enumerable.Repeat((rows - 1) % 2 * 0.5f, rows)]);
        int last = scores.Length / rows * (rows - 1);
        bool isSteady = true;
        for (int i = last; i < scores.Length; i++)
        {
            isSteady &= Math.Abs(scores[i] - again[i]) <= 1e-3f * (1 + Math.Abs(scores[i]));
        }

        return new ProbeResult(rows, fixedRows, dims, scores, isSteady);
    }

    private (long[] Dims, float[] Scores) Score(float[] shades)
    {
        int rows = shades.Length;
        var encoder = new RowEncoder(input.Image, input.Layout, encoding);
        var buffer = new TensorBuffer(input.Type, checked(rows * input.Image.Length));
        float[] pixels = new float[input.Image.Length];
        for (int row = 0; row < rows; row++)
        {
            pixels.AsSpan().Fill(shades[row]);
            buffer.Write(row * input.Image.Length, encoder.Encode(pixels));
        }

        try
        {
            using var images = buffer.Tensor(input.Dims(rows));
            using var binding = session.Native.CreateIoBinding();
            binding.BindInput(input.Name, images);
            binding.BindOutputToDevice(output.Name, OrtMemoryInfo.DefaultInstance);
            using var outputs = session.Native.RunWithBoundResults(session.RunOptions, binding);
            long[] dims = outputs[0].GetTensorTypeAndShape().Shape;
            int classes = ClassifierOutput.Classes(dims, rows);
            switch (classes)
            {
                case 0:
                    throw new InputException(
                        $"Model '{path}' gives an output '{output.Name}' of shape [{string.Join(", ", dims)}] for {rows} images; a classifier gives one row of scores per image.");
                case 1:
                    throw new InputException(
                        $"Model '{path}' gives one score per image, but an attack needs one per class; export it with two scores, such as [-s, s] for a sigmoid's s.");
            }

            var scores = new float[rows * classes];
            if (output.Type == OnnxElementType.Float32)
            {
                outputs[0].GetTensorDataAsSpan<float>().CopyTo(scores);
            }
            else
            {
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(outputs[0].GetTensorDataAsSpan<Float16>()), scores);
            }

            return (dims, scores);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"Model '{path}' fails on {rows} blank images of {input.Image}: {OnnxErrors.Reason(e)}.", e);
        }
    }
}
