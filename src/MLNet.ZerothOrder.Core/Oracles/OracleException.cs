namespace MLNet.ZerothOrder;

/// <summary>The oracle failed: it threw, gave scores that are not finite numbers, or gave the wrong number of them.</summary>
public sealed class OracleException(string message, Exception? inner = null) : Exception(message, inner);
