namespace MLNet.ZerothOrder.Cli;

/// <summary>What an attack asks: the model, or a recording in its place, with what was asked for around it.</summary>
/// <param name="oracle">All of it, each query counted before it is sent.</param>
/// <param name="stack">The same uncounted, disposed with this.</param>
/// <param name="recording">Its recording; null without one.</param>
/// <param name="ends">Cancelled by the user, and where the recording can no longer be written; disposed with this.</param>
internal sealed class AskedOracle(IQueryOracle oracle, IQueryOracle stack, RecordingOracle? recording, CancellationTokenSource ends) : IDisposable
{
    public IQueryOracle Oracle => oracle;

    /// <summary>Ends the attack.</summary>
    public CancellationToken Ends { get; } = ends.Token;

    /// <summary>Why the recording can no longer be written; null while it can.</summary>
    public IOException? Failure => recording?.Failure;

    public void Dispose()
    {
        stack.Dispose();
        ends.Dispose();
    }
}
