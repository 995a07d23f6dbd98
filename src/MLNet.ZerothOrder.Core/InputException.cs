namespace MLNet.ZerothOrder;

/// <summary>
/// What the user handed over cannot be used: a file, an option, a model. The message is one sentence that names the
/// argument, the value seen and the remedy; the command line prints it and exits with code 2.
/// </summary>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
