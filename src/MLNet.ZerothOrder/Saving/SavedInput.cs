using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>What a saved attack reads.</summary>
internal sealed class SavedInput
{
    [ColumnName(SavedAttack.Pixels)]
    public VBuffer<float> Pixels { get; set; }

    [ColumnName(SavedAttack.Label)]
    public ReadOnlyMemory<char> Label { get; set; }

    [ColumnName(SavedAttack.State)]
    public ReadOnlyMemory<char> State { get; set; }
}
