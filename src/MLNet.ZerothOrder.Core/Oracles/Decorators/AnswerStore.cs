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
    private readonly long _most;

    public AnswerStore(int inputLength, int scoreLength, bool isStochastic, long mostBytes)
    {
        _isStochastic = isStochastic;
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

            answer.Scores.CopyTo(scores);
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
                return;
            }

            _order.Enqueue(answer);
            if (_order.Count > _most)
            {
                _answers.Remove(_order.Dequeue());
            }
        }
    }

    private sealed record Answer(float[] Input, RowKey Key, float[] Scores);

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
