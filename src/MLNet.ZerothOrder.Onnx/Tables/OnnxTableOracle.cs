using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// An <see cref="OnnxTableModel"/> that is asked about rows of floats. A binary classifier with one score has two scores here, of which the second is that of the second class. A classifier whose own label
/// is another one than that of its highest score goes by the labels: the score of a row's label is 1, the others are 0.
/// </summary>
public sealed class OnnxTableOracle : IQueryOracle
{
    // Of a score, from one way to calculate it to another.
    private const float Rounding = 1e-5f;

    private readonly OnnxTableModel _model;
    private readonly byte[][]?[] _texts;
    private readonly string[] _inputs;
    private readonly List<string> _warnings = [];
    private readonly bool _oneRowAtATime;
    private readonly bool _byLabels;
    private readonly int _outputs;
    private bool _disposed;

    internal OnnxTableOracle(OnnxTableModel model, FeatureConstraints constraints, IReadOnlyList<ReadOnlyMemory<float>> rows, int threads)
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
            // Two rows alone, then both.
            LoadingQueries = 4 + (model.IsClassifier ? (model.LabelTensor is null ? 1 : 2) * rows.Count : 0);
            _outputs = Raw(rows[0].ToArray(), 1).Length;
            _oneRowAtATime = model.OneRowAtATime || !IsSameInPairs(rows);
            if (_oneRowAtATime && !model.OneRowAtATime)
            {
                _warnings.Add($"Model '{model.Path}' answers two rows of a call otherwise than each alone, as exports of ML.NET's feature selection do, which answer only the first, so it is asked one row a call, which is slow.");
            }

            if (model.IsClassifier)
            {
                IReadOnlyList<string>? labels = Labels(rows);
                (ClassNames, _byLabels) = Decide(labels, _outputs == 0 ? [] : ScoresOf(rows));
            }
        }
        catch (OracleException e)
        {
            model.Release();
            throw new InputException($"Model '{model.Path}' fails on the first rows: {e.Message.TrimEnd('.')}; check that the columns are those that it was trained on.", e);
        }
        catch
        {
            model.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <summary>The number of classes; 1 for a regression.</summary>
    public int ScoreLength => _byLabels ? ClassNames!.Count : _model.IsClassifier ? Math.Max(2, _outputs) : _outputs;

    /// <summary>The rows that the model was asked when this was opened.</summary>
    public int LoadingQueries { get; }

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <inheritdoc/>
    public int PreferredRows => 256;

    /// <inheritdoc/>
    public ScoreKind? Scores => _byLabels ? ScoreKind.Logits : _outputs > 1 || !_model.IsClassifier ? null : Single;

    /// <summary>The names of the classes, in the order of the scores: as the file lists them, else as the model's labels of the rows that it was opened with name them, else their numbers; null for a regression.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>What was found out about the model that makes an attack slow or doubtful, one text each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    private ScoreKind Single => _model.IsProbability ? ScoreKind.Probabilities : ScoreKind.Logits;

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int chunk = _oneRowAtATime ? 1 : batch.Rows;
        for (int first = 0; first < batch.Rows; first += chunk)
        {
            using IDisposableReadOnlyCollection<OrtValue> values = Ask(batch.Inputs.Slice(first * InputLength, chunk * InputLength), chunk, _byLabels ? _model.LabelTensor! : _model.ScoreTensor);
            Span<float> scores = batch.Scores.Span.Slice(first * ScoreLength, chunk * ScoreLength);
            if (_byLabels)
            {
                PlaceLabels(values[0], scores);
            }
            else
            {
                Place(Floats(values[0]), chunk, scores);
            }
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
        InChunks(rows, (all, count) =>
        {
            using IDisposableReadOnlyCollection<OrtValue> values = Ask(all, count, output);
            labels.AddRange(Texts(values[0]));
        });
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

    private void InChunks(IReadOnlyList<ReadOnlyMemory<float>> rows, Action<float[], int> ask)
    {
        foreach (ReadOnlyMemory<float>[] chunk in rows.Chunk(_oneRowAtATime ? 1 : PreferredRows))
        {
            ask([.. chunk.SelectMany(row => row.ToArray())], chunk.Length);
        }
    }

    // Whether a row has the same scores beside another one as alone, up to rounding.
    private bool IsSameInPairs(IReadOnlyList<ReadOnlyMemory<float>> rows)
    {
        float[] last = rows[^1].ToArray(), alone = Raw(last, 1), both;
        try
        {
            both = Raw([.. rows[0].Span, .. last], 2);
        }
        catch (OracleException)
        {
            return false;
        }

        return both.Length == 2 * _outputs && alone.Zip(both[_outputs..]).All(pair => !(Math.Abs(pair.First - pair.Second) > Rounding * (1 + Math.Abs(pair.First))));
    }

    // The scores of rows, also of a classifier that may go by labels.
    private float[][] ScoresOf(IReadOnlyList<ReadOnlyMemory<float>> rows)
    {
        int length = Math.Max(2, _outputs);
        var scores = new List<float>();
        InChunks(rows, (all, count) =>
        {
            float[] raw = Raw(all, count), placed = new float[count * length];
            try
            {
                Place(raw, count, placed);
            }
            catch (OracleException e) when (raw.Length == count * _outputs)
            {
                throw new InputException($"Output '{_model.Output}' of model '{_model.Path}' does not give {ScoreKinds.Name(Single)}: {e.Message}", e) { Argument = "Scores" };
            }

            scores.AddRange(placed);
        });
        return [.. scores.Chunk(length)];
    }

    // The names of the classes, and whether the model's own labels decide.
    private (IReadOnlyList<string> Names, bool ByLabels) Decide(IReadOnlyList<string>? labels, float[][] scores)
    {
        int length = Math.Max(2, _outputs);
        if (_outputs == 0 || (_model.ClassNames is { } listed && listed.Count != length))
        {
            string given = $"{_outputs} scores per row{(_model.ClassNames is { } classes ? $" for {classes.Count} classes" : "")}";
            if (_outputs == 0 || labels is null || _model.IsOutputGiven)
            {
                throw new InputException($"Model '{_model.Path}' gives {given}; name the output with one score per class.") { Argument = "Output" };
            }

            _warnings.Add($"The model gives {given}, so the attack goes by its labels alone.");
            return (_model.ClassNames!, true);
        }

        string?[] names = [.. _model.ClassNames ?? Enumerable.Repeat<string?>(null, length)];
        int other = 0;
        for (int i = 0; i < (labels?.Count ?? 0); i++)
        {
            int predicted = TensorPrimitives.IndexOfMax<float>(scores[i]);
            float highest = scores[i][predicted];
            bool isClear = Array.TrueForAll(scores[i], float.IsFinite) && scores[i].Count(score => highest - score <= Rounding * (1 + Math.Abs(highest))) == 1;
            if (isClear)
            {
                names[predicted] ??= labels![i];
                other += IsSame(labels![i], names[predicted]!) ? 0 : 1;
            }
        }

        bool byLabels = other > 0 && !_model.IsOutputGiven;
        if (other > 0)
        {
            _warnings.Add(
                $"The model's own label is another one than that of its highest score for {other} of {labels!.Count} rows, for example because of another threshold, or because its scores are not those of its classes; {(byLabels ? "the attack goes by its labels alone" : "since the output is named, success means the highest score")}.");
        }

        return (byLabels ? _model.ClassNames ?? [.. labels!.Distinct().Order(StringComparer.Ordinal)] : [.. names.Select((name, i) => name ?? i.ToString(CultureInfo.InvariantCulture))], byLabels);
    }

    // Some files list True and False for labels 1 and 0.
    private static bool IsSame(string label, string name) => label == name || (Number(label) is { } number && number == Number(name));

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : text switch { "True" => 1, "False" => 0, _ => null };

    // A label that no class has reaches no goal.
    private void PlaceLabels(OrtValue labels, Span<float> scores)
    {
        int first = 0;
        foreach (string label in Texts(labels))
        {
            for (int k = 0; k < ScoreLength; k++)
            {
                scores[first + k] = IsSame(label, ClassNames![k]) ? 1 : 0;
            }

            first += ScoreLength;
        }
    }

    private float[] Raw(float[] rows, int count)
    {
        using IDisposableReadOnlyCollection<OrtValue> values = Ask(rows, count, _model.ScoreTensor);
        return Floats(values[0]);
    }

    // Scores as the model gives them, as those of this oracle.
    private void Place(float[] raw, int rows, Span<float> scores)
    {
        if (raw.Length != rows * _outputs)
        {
            throw new OracleException($"The model gave {raw.Length} scores for {rows} rows, not {rows * _outputs}.");
        }

        if (_outputs > 1 || !_model.IsClassifier)
        {
            raw.CopyTo(scores);
            return;
        }

        for (int i = 0; i < rows; i++)
        {
            Single.Pair(raw[i], scores.Slice(2 * i, 2));
        }
    }

    private static float[] Floats(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Double
        ? Array.ConvertAll(value.GetTensorDataAsSpan<double>().ToArray(), number => (float)number) : value.GetTensorDataAsSpan<float>().ToArray();

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

            return _model.Run(_inputs, values, [output]);
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
