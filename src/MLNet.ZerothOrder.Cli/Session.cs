namespace MLNet.ZerothOrder.Cli;

/// <summary>What every command is given.</summary>
/// <param name="Args">The command line.</param>
/// <param name="Terminal">Where to write.</param>
/// <param name="Cancellation">Cancelled when the user interrupts.</param>
internal sealed record Session(string[] Args, Terminal Terminal, CancellationToken Cancellation);
