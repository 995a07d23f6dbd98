namespace MLNet.ZerothOrder;

/// <summary>A name and what it stands for.</summary>
/// <param name="Name">What is told.</param>
/// <param name="Text">What it is.</param>
public sealed record Fact(string Name, string Text);
