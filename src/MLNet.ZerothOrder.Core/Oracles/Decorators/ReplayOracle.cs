using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Answers from a recording alone: repeats a recorded run with the same results and without the target. A row that was asked several times gets its answers in the order of the recording, and then the last one.
/// </summary>
public sealed class ReplayOracle : IQueryOracle
{
    private const long MostBytes = 1L << 33;

    private readonly AnswerStore _store;

    private ReplayOracle(int inputLength, int scoreLength, AnswerStore store)
    {
        InputLength = inputLength;
        ScoreLength = scoreLength;
        _store = store;
    }

    /// <inheritdoc/>
    public int InputLength { get; }

    /// <inheritdoc/>
    public int ScoreLength { get; }

    /// <inheritdoc/>
    public int Concurrency => Environment.ProcessorCount;

    /// <summary>Distinct rows in the recording.</summary>
    public int Count => _store.Count;

    /// <summary>Reads a recording of a <see cref="RecordingOracle"/>. The file is untrusted: lengths are checked before memory is allocated, and the checksum of every record is verified.</summary>
    /// <exception cref="InputException">The file cannot be read, is not a recording, is cut off, or is damaged.</exception>
    public static ReplayOracle Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using InputFile file = InputFile.Open(path);
        Span<byte> header = stackalloc byte[Recording.HeaderBytes];
        file.Fill(header, "the header");
        int inputLength = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        int scoreLength = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        int stochastic = BinaryPrimitives.ReadInt32LittleEndian(header[16..]);
        if (!header.StartsWith(Recording.Magic))
        {
            throw file.Error("is not a recording of this version; record the oracle again.");
        }

        if (inputLength < 1 || scoreLength < 1 || inputLength + (long)scoreLength > Recording.LongestRow || stochastic is not (0 or 1))
        {
            throw file.Error($"declares rows of {inputLength} and {scoreLength} floats and a stochastic flag of {stochastic}; it is damaged, so record the oracle again.");
        }

        if (file.MostRemaining < Recording.RecordBytes(inputLength, scoreLength))
        {
            throw file.Error("holds no whole record; record the oracle again.");
        }

        var record = new byte[Recording.RecordBytes(inputLength, scoreLength)];
        var store = new AnswerStore(inputLength, scoreLength, stochastic == 1, long.MaxValue, keepsOrder: true);
        for (long number = 0; file.Read(record) is > 0 and var got; number++)
        {
            if (file.Position > MostBytes)
            {
                throw file.Error($"holds more than {MostBytes} bytes, the limit for a recording; record fewer queries.");
            }

            if (got < record.Length)
            {
                throw file.Error($"is cut off inside record {number}; record the oracle again.");
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(^4..)) != Crc32.HashToUInt32(record.AsSpan(..^4)))
            {
                throw file.Error($"has a wrong checksum in record {number}; it is damaged, so record the oracle again.");
            }

            var key = new RowKey(BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(8)));
            ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(record.AsSpan(Recording.KeyBytes..^4));
            store.Add(numbers[..inputLength], key, numbers[inputLength..]);
        }

        return new ReplayOracle(inputLength, scoreLength, store);
    }

    /// <inheritdoc/>
    /// <remarks>A row that is not in the recording fails; the other rows keep their answers.</remarks>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int row = 0; row < batch.Rows; row++)
        {
            if (!_store.TryGet(batch.Input(row), batch.Key(row), batch.Score(row)))
            {
                batch.Fail(row, new OracleException($"The recording has no answer to a row of step {batch.Key(row).Step}; the run asks other queries than the recorded run did."));
            }
        }
    }

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }
}
