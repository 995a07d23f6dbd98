namespace MLNet.ZerothOrder;

/// <summary>The number of rows per call of a model for which the scores of a row do not depend on the other rows.</summary>
public enum CallRows
{
    /// <summary>Any number: scores were the same, bit for bit, in all tried calls.</summary>
    Any,

    /// <summary>At least two: ONNX Runtime computes a lone row with other kernels, so it is sent twice.</summary>
    TwoOrMore,

    /// <summary>One: the scores of a row depend on the other rows of its call.</summary>
    One,
}
