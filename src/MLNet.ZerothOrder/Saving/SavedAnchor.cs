using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>What a saved attack's first step writes: a constant, for which a value map then has the attack's state.</summary>
internal sealed class SavedAnchor
{
    public const int Value = 1;

    [ColumnName(SavedAttack.Anchor)]
    public int Anchor { get; set; }
}
