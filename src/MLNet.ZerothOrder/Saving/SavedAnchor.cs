using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>The output of a saved attack's first step: a constant. A value map then maps it to the state of the attack.</summary>
internal sealed class SavedAnchor
{
    public const int Value = 1;

    [ColumnName(SavedAttack.Anchor)]
    public int Anchor { get; set; }
}
