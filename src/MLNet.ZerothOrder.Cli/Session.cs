namespace MLNet.ZerothOrder.Cli;

/// <summary>What every command is given.</summary>
/// <param name="Args">The command line.</param>
/// <param name="Terminal">Where to write.</param>
/// <param name="Cancellation">Cancelled when the user interrupts.</param>
internal sealed record Session(string[] Args, Terminal Terminal, CancellationToken Cancellation)
{
    /// <summary>The clock of waits, timeouts and the haste after an interruption.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The command line as a shell takes it.</summary>
    public string CommandText => string.Join(' ', Args.Prepend("zo").Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=,@%+".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";
}
