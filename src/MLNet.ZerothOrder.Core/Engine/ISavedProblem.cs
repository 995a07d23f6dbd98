namespace MLNet.ZerothOrder;

/// <summary>A problem as a checkpoint holds it.</summary>
internal interface ISavedProblem
{
    /// <summary>Its charged queries; 0 without a finished step.</summary>
    long Charged { get; }

    /// <summary>Writes the length of its record in bytes, and the record: of length 0 without a finished step.</summary>
    void WriteTo(CheckpointWriter writer);
}
