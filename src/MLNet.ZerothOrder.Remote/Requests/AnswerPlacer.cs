namespace MLNet.ZerothOrder;

/// <summary>Turns the answers of a model into rows of scores: one score into two classes, and names of classes into 1 for the first and less for the next ones.</summary>
internal sealed class AnswerPlacer(RemoteOptions options)
{
    private readonly Dictionary<string, int> _indices = (options.Classes ?? []).Select((name, i) => (name, i)).DistinctBy(pair => pair.name).ToDictionary(pair => pair.name, pair => pair.i);
    private ScoreKind _single;
    private int _columns;

    /// <summary>The number of classes; 0 before the first answer.</summary>
    public int Classes { get; private set; }

    /// <summary>Whether the model gives one score for two classes.</summary>
    public bool IsSingle => _columns == 1;

    /// <summary>Whether the model names classes.</summary>
    public bool IsLabels { get; private set; }

    /// <summary>Learns from the first answer what the model gives.</summary>
    /// <exception cref="RequestFailure">It names classes whose number is not known.</exception>
    public void Learn(ModelAnswer answer)
    {
        if (Classes > 0)
        {
            return;
        }

        if (answer.Labels is not null)
        {
            Classes = options.Classes?.Count ?? throw new RequestFailure(
                $"The service answers with labels, such as {JsonText.Shorten(answer.Labels[0][0])}, and not with scores; give the names of all classes, one a line.", isTransient: false) { Argument = "Classes" };
            IsLabels = true;
            return;
        }

        _columns = answer.Columns;
        Classes = Math.Max(2, _columns);
        _single = options.Scores ?? (answer.Values.Any(score => score is < 0 or > 1) ? ScoreKind.Logits : ScoreKind.Probabilities);
    }

    /// <summary>The kind of the scores of some rows.</summary>
    public ScoreKind KindOf(float[][] scores) => IsLabels ? ScoreKind.Logits : IsSingle ? _single : ScoreKinds.Detect(scores.SelectMany(row => row).ToArray(), scores.Length, Classes);

    /// <summary>Writes the scores of all rows of a request.</summary>
    public void Place(ModelAnswer answer, RowRequest request)
    {
        if (answer.Labels is null != !IsLabels || (!IsLabels && answer.Columns != _columns))
        {
            throw RequestFailure.Broken(answer.Labels is null ? $"has {answer.Columns} scores for an image, not {(IsLabels ? 0 : _columns)}" : "names classes instead of giving scores");
        }

        for (int row = 0; row < request.Rows; row++)
        {
            Place(answer, row, request.Scores(row));
        }
    }

    /// <summary>Writes the scores of one row.</summary>
    public void Place(ModelAnswer answer, int row, Span<float> scores)
    {
        if (answer.Labels is { } labels)
        {
            scores.Clear();
            for (int i = labels[row].Length - 1; i >= 0; i--)
            {
                scores[IndexOf(labels[row][i])] = 1f / (i + 1);
            }

            return;
        }

        ReadOnlySpan<float> values = answer.Values.AsSpan(row * answer.Columns, answer.Columns);
        if (!IsSingle)
        {
            values.CopyTo(scores);
            return;
        }

        try
        {
            _single.Pair(values[0], scores);
        }
        catch (OracleException e)
        {
            throw new RequestFailure(e.Message, isTransient: false, e) { Argument = "Scores" };
        }
    }

    private int IndexOf(string label) => _indices.TryGetValue(label, out int index) || (int.TryParse(label, out index) && index >= 0 && index < Classes) ? index
        : throw new RequestFailure($"The service names the class {JsonText.Shorten(label)}, which is none of the {Classes} given ones; name all classes.", isTransient: false) { Argument = "Classes" };
}
