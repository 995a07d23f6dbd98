using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>An <see cref="OnnxTableModel"/> that is asked about rows of floats. A binary classifier with one score has two scores here, of which the second is that of the second class.</summary>
public sealed class OnnxTableOracle : IQueryOracle
{
    private readonly OnnxTableModel _model;
    private readonly byte[][]?[] _texts;
    private readonly string[] _inputs;
    private readonly int _outputs;
    private bool _disposed;

    internal OnnxTableOracle(OnnxTableModel model, FeatureConstraints constraints, ReadOnlySpan<float> row, int threads)
    {
        _model = model;
        InputLength = constraints.Count;
        Concurrency = threads;
        _inputs = [.. model.Inputs.Select(input => input.Name)];
        _texts = new byte[InputLength][][];
        for (int i = 0; i < InputLength; i++)
        {
            _texts[i] = constraints.Slot(i).CategoryNames is { } names ? [.. names.Select(name => Encoding.UTF8.GetBytes(name))] : null;
            if (_texts[i] is null && KindOf(i) == TableInputKind.Text)
            {
                throw new InputException($"The model takes texts as '{constraints.Names[i]}', but this feature has no categories; list them.") { Argument = "Constraints" };
            }
        }

        model.Retain();
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> scores = Ask(row.ToArray(), 1, model.ScoreTensor);
            _outputs = (int)scores[0].GetTensorTypeAndShape().ElementCount;
        }
        catch (OracleException e)
        {
            model.Release();
            throw new InputException($"Model '{model.Path}' fails on the first row: {e.Message.TrimEnd('.')}; check that the columns are those that it was trained on.", e);
        }

        if (_outputs == 0 || (model.ClassNames is { } classes && classes.Count != Math.Max(2, _outputs)))
        {
            model.Release();
            throw new InputException($"Model '{model.Path}' gives {_outputs} scores per row{(model.ClassNames is { } listed ? $" for {listed.Count} classes" : "")}; name the output with one score per class.") { Argument = "Output" };
        }
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <summary>The number of classes; 1 for a regression.</summary>
    public int ScoreLength => _model.IsClassifier ? Math.Max(2, _outputs) : _outputs;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows => 256;

    /// <inheritdoc/>
    public ScoreKind? Scores => _outputs > 1 || !_model.IsClassifier ? null : _model.IsProbability ? ScoreKind.Probabilities : ScoreKind.Logits;

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int chunk = _model.OneRowAtATime ? 1 : batch.Rows;
        for (int first = 0; first < batch.Rows; first += chunk)
        {
            using IDisposableReadOnlyCollection<OrtValue> scores = Ask(batch.Inputs.Slice(first * InputLength, chunk * InputLength), chunk, _model.ScoreTensor);
            Read(scores[0], chunk, batch.Scores.Span.Slice(first * ScoreLength, chunk * ScoreLength));
        }
    }

    /// <summary>The classes that the model's own label output gives; null if it has none.</summary>
    /// <exception cref="OracleException">The model failed.</exception>
    public IReadOnlyList<string>? Labels(IReadOnlyList<ReadOnlyMemory<float>> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_model.LabelTensor is not { } output)
        {
            return null;
        }

        var labels = new List<string>(rows.Count);
        int chunk = _model.OneRowAtATime ? 1 : PreferredRows;
        for (int first = 0; first < rows.Count; first += chunk)
        {
            int count = Math.Min(chunk, rows.Count - first);
            var all = new float[count * InputLength];
            for (int i = 0; i < count; i++)
            {
                rows[first + i].CopyTo(all.AsMemory(i * InputLength));
            }

            using IDisposableReadOnlyCollection<OrtValue> values = Ask(all, count, output);
            labels.AddRange(Texts(values[0]));
        }

        return labels;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _model.Release();
        }
    }

    private TableInputKind KindOf(int feature) => _model.Inputs[_model.Inputs.Count > 1 ? feature : 0].Kind;

    private IDisposableReadOnlyCollection<OrtValue> Ask(Memory<float> rows, int count, string output)
    {
        var values = new OrtValue[_inputs.Length];
        try
        {
            int width = _inputs.Length > 1 ? 1 : InputLength;
            for (int k = 0; k < values.Length; k++)
            {
                values[k] = Input(k, rows, count, width);
            }

            return _model.Run(_inputs, values, output);
        }
        catch (OnnxRuntimeException e)
        {
            throw new OracleException($"The model failed on a call of {count} row{(count == 1 ? "" : "s")}: {OnnxErrors.Reason(e)}", e);
        }
        finally
        {
            foreach (OrtValue? value in values)
            {
                value?.Dispose();
            }
        }
    }

    private OrtValue Input(int k, Memory<float> rows, int count, int width)
    {
        TableInput input = _model.Inputs[k];
        int first = _inputs.Length > 1 ? k : 0;
        long[] shape = input.Rank == 2 ? [count, width] : [count];
        if (input.Kind == TableInputKind.Text)
        {
            OrtValue texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (int i = 0; i < count * width; i++)
            {
                texts.StringTensorSetElementAt(_texts[first + (i % width)]![(int)At(i)].AsSpan(), i);
            }

            return texts;
        }

        return input.ElementType switch
        {
            DataType.Float when width == InputLength => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, rows, shape),
            DataType.Float => Filled(value => value),
            DataType.Double => Filled(value => (double)value),
            DataType.Bool => Filled(value => value == 1),
            DataType.Int8 => Filled(value => (sbyte)value),
            DataType.Int16 => Filled(value => (short)value),
            DataType.Int32 => Filled(value => (int)value),
            DataType.Int64 => Filled(value => (long)value),
            DataType.Uint8 => Filled(value => (byte)value),
            DataType.Uint16 => Filled(value => (ushort)value),
            DataType.Uint32 => Filled(value => (uint)value),
            _ => Filled(value => (ulong)value),
        };

        float At(int i) => rows.Span[(i / width * InputLength) + first + (i % width)];

        OrtValue Filled<T>(Func<float, T> convert)
            where T : unmanaged
        {
            var values = new T[count * width];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = convert(At(i));
            }

            return OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(), shape);
        }
    }

    private void Read(OrtValue value, int rows, Span<float> scores)
    {
        bool isDouble = value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Double;
        ReadOnlySpan<double> doubles = isDouble ? value.GetTensorDataAsSpan<double>() : default;
        ReadOnlySpan<float> floats = isDouble ? default : value.GetTensorDataAsSpan<float>();
        if ((isDouble ? doubles.Length : floats.Length) != rows * _outputs)
        {
            throw new OracleException($"The model gave {(isDouble ? doubles.Length : floats.Length)} scores for {rows} rows, not {rows * _outputs}.");
        }

        for (int i = 0; i < rows * _outputs; i++)
        {
            float score = isDouble ? (float)doubles[i] : floats[i];
            if (ScoreLength == _outputs)
            {
                scores[i] = score;
            }
            else
            {
                (scores[2 * i], scores[(2 * i) + 1]) = _model.IsProbability ? (1 - score, score) : (-score, score);
            }
        }
    }

    private static string[] Texts(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.String => value.GetStringTensorAsArray(),
        TensorElementType.Bool => Of<bool>(value, truth => truth ? "True" : "False"),
        TensorElementType.Int64 => Of<long>(value, number => number.ToString(CultureInfo.InvariantCulture)),
        TensorElementType.Int32 => Of<int>(value, number => number.ToString(CultureInfo.InvariantCulture)),
        TensorElementType.UInt32 => Of<uint>(value, number => number.ToString(CultureInfo.InvariantCulture)),
        TensorElementType.Float => Of<float>(value, number => number.ToString(CultureInfo.InvariantCulture)),
        var other => throw new OracleException($"The model gives its labels as {other}, which is no class."),
    };

    private static string[] Of<T>(OrtValue value, Func<T, string> text)
        where T : unmanaged => [.. value.GetTensorDataAsSpan<T>().ToArray().Select(text)];
}
