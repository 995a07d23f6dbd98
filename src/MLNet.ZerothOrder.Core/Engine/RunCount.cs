namespace MLNet.ZerothOrder;

/// <summary>The kinds of queries that a <see cref="RunLock"/> counts. The numbers are positions in its file.</summary>
public enum RunCount
{
    /// <summary>Queries of the run, counted each time that they are asked.</summary>
    Asked,

    /// <summary>Queries sent again after a failure.</summary>
    Retried,

    /// <summary>Queries sent twice to compare the answers.</summary>
    Checked,

    /// <summary>Queries answered from memory, which were not sent.</summary>
    Cached,
}
