using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// A bounded store of scores. Its key is the exact bytes of a row and, for a stochastic oracle, the row's key. When the store is full, the
/// oldest answers are evicted. Thread-safe.
/// </summary>
internal sealed class AnswerStore
{
    // Estimated bytes per entry beside its numbers: array headers and the entry's slots in the two collections.
    private const int Overhead = 160;

    private readonly Lock _gate = new();
    private readonly Dictionary<Answer, Answer> _answers;
    private readonly Dictionary<Answer, Answer>.AlternateLookup<Row> _rows;
    private readonly Queue<Answer> _order = new();
    private readonly bool _isStochastic;
    private readonly bool _keepsOrder;
    private readonly long _most;

    /// <param name="inputLength">Floats of a row.</param>
    /// <param name="scoreLength">Scores of a row.</param>
    /// <param name="isStochastic">Whether scores depend on the row's key as well.</param>
    /// <param name="mostBytes">The approximate memory limit.</param>
    /// <param name="keepsOrder">Whether a row that has several answers gives them in the order in which they were added, the last one again and again; if not, it gives the first.</param>
    public AnswerStore(int inputLength, int scoreLength, bool isStochastic, long mostBytes, bool keepsOrder = false)
    {
        _isStochastic = isStochastic;
        _keepsOrder = keepsOrder;
        _most = Math.Max(1, mostBytes / ((sizeof(float) * ((long)inputLength + scoreLength)) + Overhead));
        _answers = new Dictionary<Answer, Answer>(new Same());
        _rows = _answers.GetAlternateLookup<Row>();
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _answers.Count;
            }
        }
    }

    public bool TryGet(ReadOnlySpan<float> input, RowKey key, Span<float> scores)
    {
        lock (_gate)
        {
            if (!_rows.TryGetValue(new Row(input, _isStochastic ? key : default), out Answer? answer))
            {
                return false;
            }

            answer.Next().CopyTo(scores);
            return true;
        }
    }

    public void Add(ReadOnlySpan<float> input, RowKey key, ReadOnlySpan<float> scores)
    {
        var answer = new Answer(input.ToArray(), _isStochastic ? key : default, scores.ToArray());
        lock (_gate)
        {
            if (!_answers.TryAdd(answer, answer))
            {
                if (_keepsOrder)
                {
                    _answers[answer].Add(answer.Scores);
                }

                return;
            }

            _order.Enqueue(answer);
            if (_order.Count > _most)
            {
                _answers.Remove(_order.Dequeue());
            }
        }
    }

    private sealed class Answer(float[] input, RowKey key, float[] scores)
    {
        // Beyond the first answer: only a model that answers otherwise when it is asked again has some.
        private List<(float[] Scores, long Times)>? _more;
        private long _times = 1;
        private int _at;

        public float[] Input => input;

        public RowKey Key => key;

        public float[] Scores => scores;

        public void Add(float[] answer)
        {
            float[] last = _more is null ? scores : _more[^1].Scores;
            if (!MemoryMarshal.AsBytes<float>(last).SequenceEqual(MemoryMarshal.AsBytes<float>(answer)))
            {
                (_more ??= []).Add((answer, 1));
            }
            else if (_more is null)
            {
                _times++;
            }
            else
            {
                _more[^1] = (last, _more[^1].Times + 1);
            }
        }

        public float[] Next()
        {
            if (_more is null)
            {
                return scores;
            }

            if (_at == 0 && _times-- > 0)
            {
                return scores;
            }

            _at = Math.Max(_at, 1);
            (float[] answer, long times) = _more[_at - 1];
            _more[_at - 1] = (answer, times - 1);
            _at += times <= 1 && _at < _more.Count ? 1 : 0;
            return answer;
        }
    }

    private readonly ref struct Row(ReadOnlySpan<float> input, RowKey key)
    {
        public ReadOnlySpan<float> Input { get; } = input;

        public RowKey Key { get; } = key;
    }

    // Compares bits: 0 and −0 are different rows to an oracle.
    private sealed class Same : IEqualityComparer<Answer>, IAlternateEqualityComparer<Row, Answer>
    {
        public bool Equals(Answer? a, Answer? b) => Equals(new Row(a!.Input, a.Key), b!);

        public bool Equals(Row row, Answer answer) =>
            row.Key == answer.Key && MemoryMarshal.AsBytes(row.Input).SequenceEqual(MemoryMarshal.AsBytes<float>(answer.Input));

        public int GetHashCode(Answer answer) => GetHashCode(new Row(answer.Input, answer.Key));

        public int GetHashCode(Row row)
        {
            HashCode hash = default;
            hash.AddBytes(MemoryMarshal.AsBytes(row.Input));
            hash.Add(row.Key);
            return hash.ToHashCode();
        }

        public Answer Create(Row row) => throw new NotSupportedException();
    }
}
