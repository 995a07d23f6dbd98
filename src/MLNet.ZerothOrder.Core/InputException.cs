namespace MLNet.ZerothOrder;

/// <summary>
/// An input cannot be used: a file, an argument or a model. The message is one sentence that names the argument, the value seen and
/// the remedy.
/// </summary>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// The library's name of the argument or property to change, such as <c>Folder</c>; null if the message is enough.
    /// A program that has another name for it, such as an option, can add that name to the message.
    /// </summary>
    public string? Argument { get; init; }
}
