namespace MLNet.ZerothOrder.Data;

/// <summary>The two parts that a public data set comes in.</summary>
public enum DatasetSplit
{
    /// <summary>What models are trained on.</summary>
    Train,

    /// <summary>What they are tried on.</summary>
    Test,
}
