namespace MLNet.ZerothOrder;

/// <summary>The oracle failed: it threw, returned scores that are not finite numbers, or returned the wrong number of scores.</summary>
public sealed class OracleException(string message, Exception? inner = null) : Exception(message, inner);
