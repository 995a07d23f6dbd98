namespace MLNet.ZerothOrder.Lab;

/// <summary>A finished run as its file holds it.</summary>
/// <param name="Identity">All that shapes it, by name.</param>
/// <param name="Problems">Its problems.</param>
internal sealed record StoredRun(RunIdentity Identity, IReadOnlyList<StoredProblem> Problems);
