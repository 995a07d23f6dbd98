namespace MLNet.ZerothOrder;

/// <summary>The address of a model, whose form says the protocol.</summary>
internal static class Address
{
    private const string Forms = "http://HOST:PORT/v2/models/NAME (Open Inference Protocol), grpc://HOST:PORT/NAME (the same over gRPC), http://HOST:PORT/v1/models/NAME (TensorFlow Serving), http://HOST:PORT/invocations (MLflow), exec:PROGRAM (a program)";

    private const string Exec = "exec:";

    private static readonly string[] Schemes = ["http://", "https://", "grpc://", "grpcs://", Exec];

    public static bool IsAddress(string text) => Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether an address names a program.</summary>
    public static bool IsProgram(string text) => text.StartsWith(Exec, StringComparison.OrdinalIgnoreCase);

    /// <summary>The protocol of an address.</summary>
    /// <exception cref="InputException">The address has none of the known forms.</exception>
    public static IModelProtocol Protocol(string text, RemoteOptions options)
    {
        if (IsProgram(text))
        {
            return options.Headers.Count == 0 ? new ExecProgram(text[Exec.Length..])
                : throw new InputException("Headers are for requests over a network, and a program gets none; remove them.") { Argument = nameof(RemoteOptions.Headers) };
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Host.Length == 0)
        {
            throw Bad($"'{text}' is not an address; give one such as {Forms}.");
        }

        if (address.UserInfo.Length > 0)
        {
            // The text is not repeated, because it holds a password.
            throw Bad("The address holds a user or a password, which would be written into results; give them in a header from an environment variable.");
        }

        string path = address.AbsolutePath.TrimEnd('/');
        IModelProtocol protocol = options.RequestFile is not null ? new JsonTemplate(address, options)
            : address.Scheme is "grpc" or "grpcs" ? new KServeGrpc(address, options)
            : path.Contains("/v2/models/", StringComparison.Ordinal) ? new KServeHttp(address, options)
            : path.Contains("/v1/models/", StringComparison.Ordinal) ? new TensorFlowServing(address, options)
            : path.EndsWith("/invocations", StringComparison.Ordinal) ? new MLflow(address, options)
            : throw Bad($"The address {text} names no known protocol; give {Forms}, or a template of the request for any other service.");
        return options.Headers.Count == 0 ? protocol : new DiscreetProtocol(protocol, new SecretHeaders(options.Headers));
    }

    private static InputException Bad(string message) => new(message) { Argument = "Model" };
}
