using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Determines the properties of a classifier that its shapes do not state, with a few calls of blank images.</summary>
internal sealed class ClassifierProbe(string path, OnnxSession session, ClassifierInput input, ClassifierOutput output, PixelEncoding encoding)
{
    /// <summary>
    /// Calls the model with two rows, to check that the output follows the batch axis. If that fails, it calls the model with one row, because some
    /// exports declare an open batch axis but only work with one row.
    /// </summary>
    /// <exception cref="InputException">The model fails, or its output is not one row of at least two scores per image.</exception>
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

    // Black and gray rows differ, which reveals scores that look like probabilities on one of them only. A second call repeats the last shade in
    // all rows: the scores of that row must not depend on the other rows or on chance.
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
                        $"Model '{path}' gives an output '{output.Name}' of shape [{string.Join(", ", dims)}] for {rows} images; a classifier must give one row of scores per image.");
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
