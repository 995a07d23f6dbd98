namespace MLNet.ZerothOrder;

/// <summary>Where a prior comes from.</summary>
/// <param name="Name">Its name or file.</param>
/// <param name="Sha256">The hash that identifies it; empty if there is none.</param>
/// <param name="Queries">The queries that it was learned with.</param>
public sealed record PriorOrigin(string Name, string Sha256 = "", long Queries = 0);
