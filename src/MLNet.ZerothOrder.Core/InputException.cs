namespace MLNet.ZerothOrder;

/// <summary>
/// What the caller handed over cannot be used: a file, an argument, a model. The message is one sentence that names the argument, the
/// value seen and the remedy.
/// </summary>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// The library's name of the argument or property that the remedy is about, such as <c>Folder</c>; null where the message says enough.
    /// A program that gives it another name, such as an option, can tell its user.
    /// </summary>
    public string? Argument { get; init; }
}
