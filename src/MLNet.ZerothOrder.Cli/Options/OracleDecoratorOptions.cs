using System.CommandLine;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of the decorators around the model.</summary>
internal sealed class OracleDecoratorOptions
{
    private readonly Option<int?> _retries = Numbers.Int("--retries", "Retry a failed query up to N times, with growing waits (default: no retries). Retries count towards a budget. A failed request to a model behind a network is sent again up to 8 times by itself, or N times, and its queries count once.", "N", 1, 1000);
    private readonly Option<double?> _timeout = Numbers.Real("--call-timeout", "The time limit of one call of the model (default: none).", "SECONDS", 0.001, 1e6);
    private readonly Option<double?> _rate = Numbers.Real("--max-rate", "The most queries per second (default: no limit).", "Q", 0.001, 1e9);
    private readonly Option<int?> _check = Numbers.Int("--repeat-check", "Send one query of every N-th call twice, to detect answers that belong to other rows, are outdated, or are random (default: never).", "N", 1, 1_000_000);
    private readonly Option<int?> _answers = Numbers.Int("--answers", "Ask each query N times and average the answers, for a model that answers at random. Each answer counts as a query (default: 1).", "N", 1, 1_000_000);
    private readonly Option<string> _defend = new("--defend") { Description = "Simulate a defence around the model: input-noise=S, score-noise=S (standard deviations; every answer has its own noise) or round=D (decimal places of scores), several with commas (default: none).", HelpName = "DEFENCE" };
    private readonly Option<bool> _cache = new("--cache") { Description = "Answer repeated queries from memory. They still count as queries." };
    private readonly Option<string> _record = new("--record") { Description = "Record the answers in this file. An existing recording is replaced.", HelpName = "FILE" };
    private readonly Option<string> _replay = new("--replay") { Description = "Take the answers from this recording instead of the model.", HelpName = "FILE" };

    public OracleDecoratorOptions() => _rate.Aliases.Add("--rate-limit");

    public void AddTo(Command command) => command.Add(All);

    private Option[] All => [_retries, _timeout, _rate, _check, _answers, _defend, _cache, _record, _replay];

    /// <summary>One of these options that was given; null for none.</summary>
    public string? Given(ParseResult parsed) => parsed.FirstGiven(All)?.Name;

    /// <summary>The recording to answer from; null to query the model.</summary>
    /// <exception cref="InputException">The recording does not exist, or an option is given that needs a model to query.</exception>
    public string? ReplayFile(ParseResult parsed)
    {
        if (parsed.GetValue(_replay) is not { } path)
        {
            return null;
        }

        if (parsed.FirstGiven(All.Where(option => option != _replay)) is { } other)
        {
            throw new InputException($"--replay {path} does not query the model, so {other.Name} has no effect; remove one of them.");
        }

        _replay.ThrowIfMissing(path);
        return path;
    }

    /// <summary>The decorators around the model.</summary>
    public OracleOptions Around(ParseResult parsed) => new()
    {
        CallTimeout = parsed.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        MaxRate = parsed.GetValue(_rate),
        RepeatCheckEvery = parsed.GetValue(_check),
        Answers = parsed.GetValue(_answers),
        Defence = parsed.GetValue(_defend) is { } text ? Defence(text) : null,
        Retries = parsed.GetValue(_retries),
        Cache = parsed.GetValue(_cache),
        RecordFile = parsed.GetValue(_record),
    };

    // Far above any score, and far below where a float overflows.
    private const double MostNoise = 1e6;

    private static Defence Defence(string text)
    {
        var defence = new Defence();
        foreach (string part in text.Split(','))
        {
            string[] pair = part.Split('=');
            bool isNumber = pair.Length == 2 && Numbers.TryReal(pair[1], out double value) && value is >= 0 and <= MostNoise;
            defence = (pair[0], isNumber) switch
            {
                ("input-noise", true) => defence with { InputNoise = double.Parse(pair[1], CultureInfo.InvariantCulture) },
                ("score-noise", true) => defence with { ScoreNoise = double.Parse(pair[1], CultureInfo.InvariantCulture) },
                ("round", true) when int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out int places) && places <= 6 => defence with { Decimals = places },
                _ => throw new InputException($"--defend is '{text}'; give input-noise=S or score-noise=S with a number from 0 to 1,000,000, or round=D with 0 to 6 decimal places, several with commas."),
            };
        }

        return defence;
    }
}
