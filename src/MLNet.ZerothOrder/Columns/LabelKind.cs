namespace MLNet.ZerothOrder;

/// <summary>How a label column says a class.</summary>
internal enum LabelKind
{
    /// <summary>The class's index as Int32.</summary>
    Int32,

    /// <summary>The class's index as UInt32.</summary>
    UInt32,

    /// <summary>Class 1 where true, else class 0.</summary>
    Boolean,

    /// <summary>The class's name.</summary>
    Text,

    /// <summary>A key without values: class k − 1.</summary>
    Key,

    /// <summary>A key whose values are the classes' names.</summary>
    KeyOfNames,
}
