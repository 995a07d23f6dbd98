using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>The input of a saved attack.</summary>
internal sealed class SavedInput
{
    [ColumnName(SavedAttack.Pixels)]
    public VBuffer<float> Pixels { get; set; }

    [ColumnName(SavedAttack.Label)]
    public ReadOnlyMemory<char> Label { get; set; }

    [ColumnName(SavedAttack.State)]
    public ReadOnlyMemory<char> State { get; set; }
}
