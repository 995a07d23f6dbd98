namespace MLNet.ZerothOrder;

/// <summary>What a saved attack's first step reads: nothing.</summary>
internal sealed class NoColumns
{
}
