namespace MLNet.ZerothOrder;

/// <summary>How a label column represents a class.</summary>
internal enum LabelKind
{
    /// <summary>The name of the class if the names of all classes are integers, otherwise its index, as Int32.</summary>
    Int32,

    /// <summary>As <see cref="Int32"/>, as UInt32.</summary>
    UInt32,

    /// <summary>Class 1 for true, class 0 for false.</summary>
    Boolean,

    /// <summary>The name of the class.</summary>
    Text,

    /// <summary>A key without values: key k is class k − 1.</summary>
    Key,

    /// <summary>A key with the names of the classes as values.</summary>
    KeyOfNames,
}
