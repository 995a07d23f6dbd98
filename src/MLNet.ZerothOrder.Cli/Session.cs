namespace MLNet.ZerothOrder.Cli;

/// <summary>The context of a command.</summary>
/// <param name="Args">The command line.</param>
/// <param name="Terminal">The output.</param>
/// <param name="Cancellation">Cancelled when the user interrupts.</param>
internal sealed record Session(string[] Args, Terminal Terminal, CancellationToken Cancellation)
{
    /// <summary>The clock of waits, timeouts and shutdown deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The command line, quoted for a shell.</summary>
    public string CommandText => string.Join(' ', Args.Prepend("zo").Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=,@%+".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";
}
