using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of what stands between an attack and the model that it asks.</summary>
internal sealed class OracleDecoratorOptions
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

    /// <summary>The recording to answer from; null where the model is asked.</summary>
    /// <exception cref="InputException">It is not there, or options go with it that are for a model that is asked.</exception>
    public string? ReplayFile(ParseResult parsed)
    {
        if (parsed.GetValue(_replay) is not { } path)
        {
            return null;
        }

        if (parsed.FirstGiven(All.Where(option => option != _replay)) is { } other)
        {
            throw new InputException($"--replay {path} asks the model nothing, so {other.Name} does nothing beside it; remove one of them.");
        }

        _replay.ThrowIfMissing(path);
        return path;
    }

    /// <summary>What to place around the model.</summary>
    public OracleOptions Around(ParseResult parsed) => new()
    {
        CallTimeout = parsed.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        MaxRate = parsed.GetValue(_rate),
        RepeatCheckEvery = parsed.GetValue(_check),
        Retries = parsed.GetValue(_retries),
        Cache = parsed.GetValue(_cache),
        RecordFile = parsed.GetValue(_record),
    };
}
