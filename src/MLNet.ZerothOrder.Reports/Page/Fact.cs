namespace MLNet.ZerothOrder.Reports;

/// <summary>A name and a value.</summary>
/// <param name="Name">The name.</param>
/// <param name="Text">The value.</param>
public sealed record Fact(string Name, string Text);
