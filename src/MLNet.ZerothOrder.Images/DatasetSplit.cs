namespace MLNet.ZerothOrder.Data;

/// <summary>The parts of a public data set.</summary>
public enum DatasetSplit
{
    /// <summary>The images to train models on.</summary>
    Train,

    /// <summary>The images to test models on.</summary>
    Test,
}
