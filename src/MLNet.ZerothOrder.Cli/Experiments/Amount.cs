namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>How many images or trials an experiment takes of itself.</summary>
/// <param name="Usual">The paper's number, or ours where the paper names none.</param>
/// <param name="Quick">The number with <c>--quick</c>.</param>
/// <param name="On">The task, where an experiment has several.</param>
internal sealed record Amount(int Usual, int Quick, string? On = null)
{
    /// <summary>What the help says of several.</summary>
    public static string Describe(IReadOnlyList<Amount> amounts) => string.Join(
        ", ", amounts.Select(a => $"{a.Usual}{(a.Quick == a.Usual ? "" : $" ({a.Quick} with --quick)")}{(a.On is null ? "" : $" on {a.On}")}"));
}
