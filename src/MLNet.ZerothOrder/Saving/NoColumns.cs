namespace MLNet.ZerothOrder;

/// <summary>The input of a saved attack's first step: no columns.</summary>
internal sealed class NoColumns
{
}
