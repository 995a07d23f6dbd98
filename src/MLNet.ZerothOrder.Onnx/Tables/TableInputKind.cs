namespace MLNet.ZerothOrder;

/// <summary>What a model takes in one of its inputs.</summary>
public enum TableInputKind
{
    /// <summary>Numbers of floating point. NaN is a missing value.</summary>
    Number,

    /// <summary>Whole numbers.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Texts.</summary>
    Text,
}
