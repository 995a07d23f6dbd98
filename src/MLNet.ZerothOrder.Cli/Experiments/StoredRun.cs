namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>A finished run as it is kept: what it was, and what came of it.</summary>
/// <param name="Identity">All that shapes it, by name.</param>
/// <param name="Problems">Its problems.</param>
internal sealed record StoredRun(SortedDictionary<string, string> Identity, IReadOnlyList<StoredProblem> Problems);
