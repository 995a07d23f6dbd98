namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Something that the paper says, and what was measured.</summary>
/// <param name="Paper">What the paper says.</param>
/// <param name="Measured">What was measured here.</param>
/// <param name="Holds">Whether it holds here; null where that cannot be told.</param>
internal sealed record Claim(string Paper, string Measured, bool? Holds);
