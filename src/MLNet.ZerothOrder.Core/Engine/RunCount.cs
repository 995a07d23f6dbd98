namespace MLNet.ZerothOrder;

/// <summary>What a <see cref="RunLock"/> counts. The numbers are places in its file.</summary>
public enum RunCount
{
    /// <summary>Queries that the run asked, each time that it did.</summary>
    Asked,

    /// <summary>Queries that were sent again because they failed.</summary>
    Retried,

    /// <summary>Queries that were sent twice to compare the answers.</summary>
    Checked,

    /// <summary>Queries that were answered from memory, and so not sent.</summary>
    Cached,
}
