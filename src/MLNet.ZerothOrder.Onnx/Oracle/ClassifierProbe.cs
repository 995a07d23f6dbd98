using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>
/// Determines the properties of a classifier that its file does not state, with a few calls: the shape of its output, whether the scores in front of
/// the last activation match its output, and whether the scores of a row depend on the other rows, on its place among them, or on chance.
/// </summary>
/// <param name="path">The name of the model in messages.</param>
/// <param name="session">The model.</param>
/// <param name="input">Its input.</param>
/// <param name="target">Its scores.</param>
/// <param name="encoding">The encoding of pixels as input values.</param>
/// <param name="images">At least two different images.</param>
internal sealed class ClassifierProbe(
    string path, OnnxSession session, ClassifierInput input, TargetModel target, PixelEncoding encoding, IReadOnlyList<float[]> images)
{
    private const int Blank = -1;
    private const int Repeats = 2;
    private const int MostFloats = 1 << 20;

    // Sizes that leave different remainders for matrix kernels with blocks of 4, 6 and 8 rows, and the default size.
    private static readonly int[] Sizes = [2, 3, 5, 8, OnnxClassifierOracle.CpuRows];

    private string _tensor = target.Declared;
    private long[] _dims = [];
    private int _classes;
    private float _difference;

    /// <summary>Makes the calls.</summary>
    /// <exception cref="InputException">The model fails, or its output is not one row of scores per image.</exception>
    public ProbeResult Run()
    {
        int? fixedRows = FixedRows();
        int rows = fixedRows ?? 2;
        bool cutHolds = target.Cut is not null && CutHolds(Cycle(rows, 0));
        _tensor = cutHolds ? target.Cut! : target.Declared;
        float[] scores = Score(Cycle(rows, 0));
        long[] dims = _dims;
        bool isRepeatable = true;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            isRepeatable &= IsSame(scores, Score(Cycle(rows, 0)));
        }

        CallRows callRows = CallRows.Any;
        if (isRepeatable && fixedRows is null)
        {
            (callRows, scores) = OpenBatch();
        }
        else if (isRepeatable && fixedRows > 1)
        {
            callRows = FixedBatch(rows);
        }

        // CUDA libraries choose kernels by the number of rows. This cannot be changed here.
        return new ProbeResult(fixedRows, dims, _classes, scores, session.OnCuda ? CallRows.Any : callRows, isRepeatable, _difference, cutHolds);
    }

    // Two rows show that the output follows the batch axis; some exports declare an open batch axis and yet only work with one row.
    private int? FixedRows()
    {
        try
        {
            Score(Cycle(input.FixedRows ?? 2, 0));
            return input.FixedRows;
        }
        catch (InputException declared) when (input.FixedRows is null)
        {
            try
            {
                Score(Cycle(1, 0));
                return 1;
            }
            catch (InputException)
            {
                throw declared;
            }
        }
    }

    // Each image alone, then in calls of several sizes at every place. Returns the scores of each image alone.
    private (CallRows Rows, float[] Scores) OpenBatch()
    {
        float[][] alone = [.. Enumerable.Range(0, images.Count).Select(image => Score([image]))];
        var beside = new float[images.Count][];
        bool isAsAlone = true, isAsBeside = true;
        foreach (int size in Sizes.Select(size => Math.Min(size, Math.Max(2, MostFloats / input.Image.Length))).Distinct())
        {
            Compare(Cycle(size, size));
        }

        // A lone row is sent twice, so its neighbour is the same row.
        for (int image = 0; image < images.Count && !isAsAlone; image++)
        {
            Compare([image, image]);
        }

        return (isAsAlone ? CallRows.Any : isAsBeside ? CallRows.TwoOrMore : CallRows.One, [.. alone.SelectMany(scores => scores)]);

        void Compare(int[] order)
        {
            float[] scores = Score(order);
            for (int row = 0; row < order.Length; row++)
            {
                ReadOnlySpan<float> own = scores.AsSpan(row * _classes, _classes);
                isAsAlone &= IsSame(alone[order[row]], own);
                beside[order[row]] ??= own.ToArray();
                isAsBeside &= IsSame(beside[order[row]], own);
            }
        }
    }

    // Each image at several places, beside others and beside blank rows, which fill up a call.
    private CallRows FixedBatch(int rows)
    {
        var first = new float[images.Count][];
        bool isSame = true;
        foreach (int[] order in Enumerable.Range(0, images.Count).SelectMany(start => new int[][] { Cycle(rows, start), [start, .. Enumerable.Repeat(Blank, rows - 1)] }))
        {
            float[] scores = Score(order);
            for (int row = 0; row < rows; row++)
            {
                if (order[row] != Blank)
                {
                    ReadOnlySpan<float> own = scores.AsSpan(row * _classes, _classes);
                    first[order[row]] ??= own.ToArray();
                    isSame &= IsSame(first[order[row]], own);
                }
            }
        }

        return isSame ? CallRows.Any : CallRows.One;
    }

    private int[] Cycle(int rows, int start) => [.. Enumerable.Range(start, rows).Select(image => image % images.Count)];

    private bool IsSame(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            _difference = Math.Max(_difference, Math.Abs(a[i] - b[i]) is var difference && float.IsNaN(difference) ? 0 : difference);
        }

        return MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
    }

    private bool CutHolds(int[] order)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Call(order, target.Cut!, target.Declared);
        int classes = ClassifierOutput.Classes(outputs[0].GetTensorTypeAndShape().Shape, order.Length);
        if (classes == 0 || classes != ClassifierOutput.Classes(outputs[1].GetTensorTypeAndShape().Shape, order.Length))
        {
            return false;
        }

        double[] scores = [.. Floats(outputs[0], order.Length * classes)], declared = [.. Floats(outputs[1], order.Length * classes)];
        for (int row = 0; row < order.Length; row++)
        {
            double[] own = scores[(row * classes)..((row + 1) * classes)];
            double sum = own.Sum(score => Math.Exp(score - own.Max()));
            for (int k = 0; k < classes; k++)
            {
                double normalised = own[k] - own.Max() - Math.Log(sum);
                double expected = target.Activation switch
                {
                    "Softmax" => Math.Exp(normalised),
                    "LogSoftmax" => normalised,
                    _ => 1 / (1 + Math.Exp(-own[k])),
                };

                // Wide enough for float16.
                if (!(Math.Abs(expected - declared[(row * classes) + k]) <= 1e-2 * (1 + Math.Abs(expected))))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private float[] Score(int[] order)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Call(order, _tensor);
        _dims = outputs[0].GetTensorTypeAndShape().Shape;
        _classes = ClassifierOutput.Classes(_dims, order.Length);
        return _classes > 0 ? Floats(outputs[0], order.Length * _classes) : throw new InputException(
            $"Model '{path}' gives an output '{target.Output}' of shape [{string.Join(", ", _dims)}] for {order.Length} images; a classifier gives one row of scores per image.");
    }

    private IDisposableReadOnlyCollection<OrtValue> Call(int[] order, params string[] tensors)
    {
        var encoder = new RowEncoder(input.Image, input.Layout, encoding);
        var buffer = new TensorBuffer(input.Type, checked(order.Length * input.Image.Length));
        for (int row = 0; row < order.Length; row++)
        {
            if (order[row] != Blank)
            {
                encoder.Write(images[order[row]], buffer, row * input.Image.Length);
            }
        }

        try
        {
            using OrtValue values = buffer.Tensor(input.Dims(order.Length));
            using OrtIoBinding binding = session.Native.CreateIoBinding();
            binding.BindInput(input.Name, values);
            foreach (string tensor in tensors)
            {
                binding.BindOutputToDevice(tensor, OrtMemoryInfo.DefaultInstance);
            }

            return session.Native.RunWithBoundResults(session.RunOptions, binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"Model '{path}' fails on {order.Length} image{(order.Length == 1 ? "" : "s")} of {input.Image}: {OnnxErrors.Reason(e)}.", e);
        }
    }

    private float[] Floats(OrtValue value, int count) => ClassifierOutput.Type(path, value.GetTensorTypeAndShape().ElementDataType) switch
    {
        OnnxElementType.Float16 => [.. MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>())[..count].ToArray().Select(half => (float)half)],
        OnnxElementType.Float64 => [.. value.GetTensorDataAsSpan<double>()[..count].ToArray().Select(number => (float)number)],
        _ => value.GetTensorDataAsSpan<float>()[..count].ToArray(),
    };
}
