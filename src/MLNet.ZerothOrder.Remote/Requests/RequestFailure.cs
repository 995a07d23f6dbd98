namespace MLNet.ZerothOrder;

/// <summary>A request failed. Its message is one sentence for the user, without secrets.</summary>
/// <param name="message">What happened.</param>
/// <param name="isTransient">Whether the same request may succeed later.</param>
/// <param name="inner">The cause.</param>
internal sealed class RequestFailure(string message, bool isTransient, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient { get; } = isTransient;

    /// <summary>How long the server asks to wait; null if it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether nothing or something else is at the address, so that before a run there is nothing to wait for.</summary>
    public bool IsAbsent { get; init; }

    /// <summary>Whether the server answered, but with something else than the protocol says. Before a run that is a wrong option more often than an accident.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Whether the server has too much to do.</summary>
    public bool IsOverload { get; init; }

    /// <summary>The option to change, as <see cref="InputException.Argument"/>.</summary>
    public string Argument { get; init; } = "Model";

    /// <summary>The same failure with another message, and without the cause, whose message may say more.</summary>
    public RequestFailure With(string message) => message == Message ? this
        : new(message, IsTransient) { RetryAfter = RetryAfter, IsAbsent = IsAbsent, IsBroken = IsBroken, IsOverload = IsOverload, Argument = Argument };

    /// <summary>An answer that is not what the protocol says. A broken answer may be whole the next time.</summary>
    public static RequestFailure Broken(string what, Exception? inner = null) => new($"The server's answer {what}.", isTransient: true, inner) { IsBroken = true };
}
