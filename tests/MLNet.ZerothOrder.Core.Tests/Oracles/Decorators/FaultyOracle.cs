using MLNet.ZerothOrder.Tests.Attacks;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A classifier of which some calls, picked by a seed, go wrong in one way; it counts itself what it is asked.</summary>
internal sealed class FaultyOracle(Fault? fault, ulong seed = 1, double rate = 0.2, ManualTime? time = null, int concurrency = 1) : OracleDecorator(new TinyClassifier(concurrency))
{
    private readonly ManualResetEventSlim _release = new();
    private float[] _last = [];
    private int _calls;

    /// <summary>Told the number of each call, from 1; true makes it go wrong. In place of seed and rate.</summary>
    public Func<int, bool>? Fails { get; init; }

    public int Faults { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Rows that arrived of one problem.</summary>
    public long RowsOf(ulong problem) => ((TinyClassifier)Inner).Rows.Where(pair => pair.Key.Problem == problem).Sum(pair => pair.Value);

    public long All => ((TinyClassifier)Inner).All;

    public int Calls => _calls;

    public override void Score(QueryBatch batch)
    {
        int call = Interlocked.Increment(ref _calls);
        bool fails = Fails?.Invoke(call) ?? (Draw(call) && !(fault == Fault.Stale && Draw(call - 1)));
        if (fault is null || !fails)
        {
            Inner.Score(batch);
            _last = [.. batch.Scores.Span[..(batch.Rows * batch.ScoreLength)]];
            return;
        }

        Faults++;
        float[] before = [.. batch.Scores.Span[..(batch.Rows * batch.ScoreLength)]];
        Inner.Score(batch);
        Span<float> scores = batch.Scores.Span[..(batch.Rows * batch.ScoreLength)];
        switch (fault)
        {
            case Fault.Throw:
                scores.Fill(7);
                throw new OracleException("the model caught fire");
            case Fault.ThrowForeign:
                throw new HttpRequestException("the wire is cut");
            case Fault.NotANumber:
                batch.Score(call % batch.Rows)[1] = float.NaN;
                break;
            case Fault.Infinite:
                batch.Score(call % batch.Rows)[2] = float.NegativeInfinity;
                break;
            case Fault.Short:
                int kept = batch.Rows / 2 * batch.ScoreLength;
                before.AsSpan(kept).CopyTo(scores[kept..]);
                break;
            case Fault.Permuted:
                float[] right = [.. scores];
                right.AsSpan(batch.ScoreLength).CopyTo(scores);
                right.AsSpan(0, batch.ScoreLength).CopyTo(scores[^batch.ScoreLength..]);
                break;
            case Fault.Stale:
                for (int i = 0; i < scores.Length; i++)
                {
                    scores[i] = _last[i % _last.Length];
                }

                break;
            case Fault.Hang:
                time?.FireNext();
                _release.Wait();
                break;
        }
    }

    // Two stale answers one behind the other may be equal, which nobody could tell from right ones.
    private bool Draw(int call) => RandomKey.FromSeed((long)seed).Derive((ulong)call).Value / (double)ulong.MaxValue < rate;

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        _release.Set();
        base.Dispose(disposing);
    }
}
