namespace MLNet.ZerothOrder.Tests;

/// <summary>How a call goes wrong.</summary>
public enum Fault
{
    /// <summary>An exception of the oracle's own kind.</summary>
    Throw,

    /// <summary>An exception of a library.</summary>
    ThrowForeign,

    /// <summary>One row's scores are NaN.</summary>
    NotANumber,

    /// <summary>One row's scores are infinite.</summary>
    Infinite,

    /// <summary>The last rows get no answer.</summary>
    Short,

    /// <summary>Every row gets its neighbour's answer.</summary>
    Permuted,

    /// <summary>Every row gets what the call before gave.</summary>
    Stale,

    /// <summary>The call does not end.</summary>
    Hang,
}
