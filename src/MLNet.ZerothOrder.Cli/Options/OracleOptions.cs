using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of what stands between an attack and the model that it asks.</summary>
internal sealed class OracleOptions
{
    private readonly Option<int?> _retries = Numbers.Int("--retries", "Ask again where the model fails, up to N times, after waits that grow; never without it. A budget holds for these queries too.", "N", 1, 1000);
    private readonly Option<double?> _timeout = Numbers.Real("--call-timeout", "Give up a call of the model that takes longer than this.", "SECONDS", 0.001, 1e6);
    private readonly Option<double?> _rate = Numbers.Real("--max-rate", "The most queries per second.", "Q", 0.001, 1e9);
    private readonly Option<int?> _check = Numbers.Int("--repeat-check", "Ask one query of every N-th call twice, to find answers that are other rows', old, or by chance.", "N", 1, 1_000_000);
    private readonly Option<bool> _cache = new("--cache") { Description = "Answer from memory what was asked before; it is counted as a query all the same." };
    private readonly Option<string> _record = new("--record") { Description = "Record the answers in this file; an earlier recording there is replaced.", HelpName = "FILE" };
    private readonly Option<string> _replay = new("--replay") { Description = "Take the attack's answers from this recording in place of the model.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    private Option[] All => [_retries, _timeout, _rate, _check, _cache, _record, _replay];

    /// <summary>One of these options that was given; null for none.</summary>
    public string? Given(ParseResult parsed) => parsed.FirstGiven(All)?.Name;

    /// <summary>The recording's file; null where the model is asked.</summary>
    public string? ReplayFile(ParseResult parsed) => parsed.GetValue(_replay);

    /// <summary>The recording to answer from; null where the model is asked.</summary>
    /// <exception cref="InputException">It is none, or other options go with it that are for a model that is asked.</exception>
    public ReplayOracle? Replay(ParseResult parsed, OnnxClassifierOracle model)
    {
        if (ReplayFile(parsed) is not { } path)
        {
            return null;
        }

        if (parsed.FirstGiven(All.Where(option => option != _replay)) is { } other)
        {
            throw new InputException($"--replay {path} asks the model nothing, so {other.Name} does nothing beside it; leave one of them out.");
        }

        _replay.ThrowIfMissing(path);
        var replay = ReplayOracle.Read(path);
        return replay.InputLength == model.InputLength && replay.ScoreLength == model.ScoreLength ? replay : throw new InputException(
            $"--replay {path} holds rows of {replay.InputLength} pixels and {replay.ScoreLength} scores, the model takes {model.InputLength} and gives {model.ScoreLength}; name the recording of this model.");
    }

    /// <summary>The model with what was asked for around it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model, or what answers in its place; disposed with what is around it.</param>
    /// <param name="place">Where queries are counted; a recording goes on where the run does.</param>
    /// <param name="session">Its clock is that of waits and timeouts, its cancellation ends them.</param>
    /// <exception cref="InputException">The recording cannot be written.</exception>
    public AskedOracle Around(ParseResult parsed, IQueryOracle model, RunPlace place, Session session)
    {
        TimeProvider time = session.Time;
        var ends = CancellationTokenSource.CreateLinkedTokenSource(session.Cancellation);
        IQueryOracle oracle = model;
        if (parsed.GetValue(_timeout) is { } seconds)
        {
            oracle = new TimeoutOracle(oracle, TimeSpan.FromSeconds(seconds), time: time, cancellation: ends.Token);
        }

        if (parsed.GetValue(_rate) is { } rate)
        {
            oracle = new RateLimitedOracle(oracle, rate, time, ends.Token);
        }

        if (parsed.GetValue(_check) is { } calls)
        {
            oracle = new RepeatCheckOracle(oracle, calls) { Checking = queries => place.Count(RunCount.Checked, queries) };
        }

        if (parsed.GetValue(_retries) is { } retries)
        {
            oracle = new RetryingOracle(oracle, new RetryOptions { Retries = retries }, time, ends.Token) { Retrying = queries => place.Count(RunCount.Retried, queries) };
        }

        if (parsed.GetValue(_cache))
        {
            oracle = new CachingOracle(oracle) { Found = queries => place.Count(RunCount.Cached, queries) };
        }

        RecordingOracle? recording = null;
        if (parsed.GetValue(_record) is { } path)
        {
            try
            {
                oracle = recording = new RecordingOracle(oracle, path, append: place.From is not null, ends: ends);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new InputException($"--record {path} cannot be written ({e.Message.TrimEnd('.')}); name another file.", e);
            }
        }

        return new AskedOracle(new CountedOracle(oracle, queries => place.Count(RunCount.Asked, queries)), oracle, recording, ends);
    }
}
