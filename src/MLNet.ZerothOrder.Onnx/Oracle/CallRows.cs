namespace MLNet.ZerothOrder;

/// <summary>How many rows a call of a model carries, so that a row's scores do not depend on the rows beside it.</summary>
public enum CallRows
{
    /// <summary>Any number: scores are the same, bit for bit, in all calls that were tried.</summary>
    Any,

    /// <summary>At least two: a lone row is computed by other kernels, so that it is sent twice.</summary>
    TwoOrMore,

    /// <summary>One: scores depend on the rows beside it.</summary>
    One,
}
