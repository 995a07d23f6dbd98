using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>Sends requests over HTTP, with HTTP/2 where the server offers it, and turns every failure into one sentence.</summary>
internal sealed class HttpTransport : IDisposable
{
    private const int LongestMessage = 200;
    private const int LongestBody = 1 << 16;
    private const long ProtocolError = 0x1;
    private const long Http11Required = 0xD;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client;
    private readonly string _place;

    /// <exception cref="InputException">A header or the certificate file cannot be used.</exception>
    public HttpTransport(RemoteOptions options, string place)
    {
        _place = place;
        Headers = new SecretHeaders(options.Headers).All;
        Handler = CreateHandler(options.CertificateFile);
        _client = new HttpClient(Handler, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 1 << 28,
        };
        foreach ((string name, string value) in Headers)
        {
            if (!_client.DefaultRequestHeaders.TryAddWithoutValidation(name, value))
            {
                throw new InputException($"{name} is no header that a request can carry; remove it.") { Argument = nameof(RemoteOptions.Headers) };
            }
        }
    }

    public SocketsHttpHandler Handler { get; }

    /// <summary>The headers with their secret values.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; }

    /// <summary>Gets a JSON document; null if it is optional and the server does not have it.</summary>
    public async Task<JsonDocument?> GetAsync(Uri address, bool isOptional, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        try
        {
            HttpAnswer answer = await SendAsync(message, cancellation).ConfigureAwait(false);
            return Parse(answer);
        }
        catch (RequestFailure e) when (isOptional && !e.IsTransient)
        {
            return null;
        }
    }

    /// <summary>Posts a body.</summary>
    public async Task<HttpAnswer> PostAsync(Uri address, byte[] body, int length, int? jsonLength, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body, 0, length) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(jsonLength is null ? "application/json" : "application/octet-stream");
        if (jsonLength is { } header)
        {
            message.Content.Headers.Add(KServeHttp.LengthHeader, header.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return await SendAsync(message, cancellation).ConfigureAwait(false);
    }

    /// <summary>Parses an answer as JSON, in which NaN and Infinity may be bare words.</summary>
    public JsonDocument Parse(HttpAnswer answer, int? length = null)
    {
        Memory<byte> body = answer.Body.AsMemory(0, length ?? answer.Body.Length);
        if (answer.IsHtml)
        {
            throw new RequestFailure($"{_place} answers with a web page (HTML) instead of JSON; check the address.", isTransient: true) { IsAbsent = true };
        }

        try
        {
            return JsonText.Parse(body);
        }
        catch (JsonException e)
        {
            throw new RequestFailure($"The answer of {_place} is not JSON ({Shorten(e.Message)}).", isTransient: true, e) { IsBroken = true };
        }
    }

    /// <summary>The failure of a request that never got an answer.</summary>
    public RequestFailure Failed(Exception e)
    {
        if (Find<AuthenticationException>(e) is { } untrusted)
        {
            return untrusted.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
                ? new RequestFailure($"The certificate of {_place} cannot be verified ({Shorten(untrusted.Message)}); give the certificate of its authority, or correct the address.", isTransient: false, e) { Argument = nameof(RemoteOptions.CertificateFile) }
                : new RequestFailure($"{_place} does not answer with TLS ({Shorten(untrusted.Message)}); give an address without the s behind http or grpc, or another port.", isTransient: false, e);
        }

        if (Find<HttpProtocolException>(e) is { ErrorCode: ProtocolError or Http11Required })
        {
            return new RequestFailure($"{_place} does not speak HTTP/2, which gRPC needs; give its port for gRPC.", isTransient: true, e) { IsAbsent = true };
        }

        SocketException? refused = Find<SocketException>(e);
        return new RequestFailure($"{_place} cannot be reached ({Shorten(refused?.Message ?? e.Message)}); start the server, or correct the address.", isTransient: true, e)
        {
            IsAbsent = refused?.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain,
        };
    }

    public void Dispose() => _client.Dispose();

    private static T? Find<T>(Exception? e)
        where T : Exception
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static SocketsHttpHandler CreateHandler(string? certificates)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect could lead to a host that the headers are not meant for.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        if (certificates is null)
        {
            return handler;
        }

        var trusted = new X509Certificate2Collection();
        try
        {
            trusted.ImportFromPemFile(certificates);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InputException($"The certificates {certificates} cannot be read ({e.Message.TrimEnd('.')}); give a PEM file.", e) { Argument = nameof(RemoteOptions.CertificateFile) };
        }

        if (trusted.Count == 0)
        {
            throw new InputException($"{certificates} holds no certificate; give a PEM file with the certificate of the server's authority.") { Argument = nameof(RemoteOptions.CertificateFile) };
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(trusted);
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        return handler;
    }

    private async Task<HttpAnswer> SendAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(message, cancellation).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            bool isHtml = response.Content.Headers.ContentType?.MediaType == "text/html";
            int? jsonLength = (response.Headers.TryGetValues(KServeHttp.LengthHeader, out var lengths) || response.Content.Headers.TryGetValues(KServeHttp.LengthHeader, out lengths))
                && int.TryParse(lengths.First(), out int length) ? length : null;
            return response.IsSuccessStatusCode ? new HttpAnswer(body, isHtml, jsonLength) : throw Refused(response, body, isHtml);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Failed(e);
        }
    }

    private RequestFailure Refused(HttpResponseMessage response, byte[] body, bool isHtml)
    {
        int status = (int)response.StatusCode;
        string what = $"{status} {response.ReasonPhrase ?? response.StatusCode.ToString()}".TrimEnd();
        string said = isHtml ? "" : ErrorIn(body);
        string because = said.Length > 0 ? $": {said}" : "";
        switch (status)
        {
            case 401 or 403:
                string headers = Headers.Count == 0 ? "give a token in a header, such as 'Authorization: Bearer env:TOKEN'" : "check the token in the environment variable of the header";
                return new RequestFailure($"{_place} refuses access ({what}{because}); {headers}.", isTransient: false) { Argument = nameof(RemoteOptions.Headers) };
            case 404:
                return new RequestFailure($"{_place} is not there ({what}{because}); check the address and the name of the model.", isTransient: false);
            case >= 300 and < 400:
                return new RequestFailure($"{_place} redirects to another address ({what}); give that one.", isTransient: false);
            case 408 or 425 or 429 or >= 500 and not (501 or 505):
                return new RequestFailure($"{_place} failed ({what}{because}).", isTransient: true) { RetryAfter = After(response), IsOverload = status is 429 or 503 };
            default:
                return new RequestFailure($"{_place} refuses the request ({what}{because}).", isTransient: false);
        }
    }

    private static TimeSpan? After(HttpResponseMessage response)
    {
        TimeSpan? after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - DateTimeOffset.UtcNow,
            _ => null,
        };
        return after is { } wait ? wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : wait : null;
    }

    private static string ErrorIn(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (string name in (string[])["error", "message", "detail"])
                {
                    if (json.RootElement.TryGetProperty(name, out JsonElement error))
                    {
                        return Shorten(error.ValueKind == JsonValueKind.String ? error.GetString()! : error.GetRawText());
                    }
                }
            }
        }
        catch (JsonException)
        {
        }

        return Shorten(Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, LongestBody))));
    }

    private static string Shorten(string text)
    {
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        text = new string([.. text.Where(c => !char.IsControl(c))]);
        return text.Length <= LongestMessage ? text : text[..LongestMessage] + "…";
    }
}
