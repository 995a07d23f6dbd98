using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Simulates a <see cref="Defence"/> around a model, to measure what it is worth against an attack. The noise of an answer depends on the seed, the row and how often the row was asked before,
/// so a run from its start to its end can be repeated. It remembers 16 bytes for each different row. With noise, a resumed run is not the same as one without an interruption.
/// </summary>
/// <param name="inner">The model, disposed with this oracle.</param>
/// <param name="defence">What is simulated.</param>
public sealed class DefendedOracle(IQueryOracle inner, Defence defence) : OracleDecorator(inner)
{
    private const ulong InputStream = 1;
    private const ulong ScoreStream = 2;

    private readonly Defence _defence = defence ?? throw new ArgumentNullException(nameof(defence));
    private readonly ConcurrentDictionary<ulong, int> _asked = new();

    /// <inheritdoc/>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        bool isNoisy = _defence.InputNoise > 0 || _defence.ScoreNoise > 0;
        RandomKey[] keys = isNoisy ? [.. Enumerable.Range(0, batch.Rows).Select(row => Key(batch.Input(row)))] : [];
        if (_defence.InputNoise > 0)
        {
            // The caller reads its rows again after the call.
            float[] asked = batch.Inputs.Span[..(batch.Rows * InputLength)].ToArray();
            var noise = new float[InputLength];
            for (int row = 0; row < batch.Rows; row++)
            {
                CounterRandom.Normals(keys[row].Derive(InputStream), noise);
                SimdKernels.Axpy((float)_defence.InputNoise, noise, batch.Input(row));
            }

            try
            {
                Inner.Score(batch);
            }
            finally
            {
                asked.CopyTo(batch.Inputs.Span);
            }
        }
        else
        {
            Inner.Score(batch);
        }

        var scoreNoise = new float[ScoreLength];
        for (int row = 0; row < batch.Rows; row++)
        {
            Span<float> scores = batch.Score(row);
            if (_defence.ScoreNoise > 0)
            {
                CounterRandom.Normals(keys[row].Derive(ScoreStream), scoreNoise);
                SimdKernels.Axpy((float)_defence.ScoreNoise, scoreNoise, scores);
            }

            for (int i = 0; _defence.Decimals is { } decimals && i < scores.Length; i++)
            {
                scores[i] = (float)Math.Round((double)scores[i], decimals);
            }
        }
    }

    private RandomKey Key(ReadOnlySpan<float> row)
    {
        ulong hash = XxHash64.HashToUInt64(MemoryMarshal.AsBytes(row));
        int before = _asked.AddOrUpdate(hash, 0, (_, count) => count + 1);
        return RandomKey.FromSeed(_defence.Seed).Derive(hash).Derive((ulong)before);
    }
}
