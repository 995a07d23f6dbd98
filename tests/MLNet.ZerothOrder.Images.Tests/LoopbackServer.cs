using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>A web server for one test, on a free port of this machine: files by path, and the ways in which servers fail.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public LoopbackServer()
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The requests so far: the path, and the range where one was asked for.</summary>
    public List<string> Requests { get; } = [];

    public bool IgnoresRanges { get; set; }

    /// <summary>Closes the connection after so many bytes of a body.</summary>
    public int? CutsAfter { get; set; }

    /// <summary>Sends so many bytes of a body, then waits for the other side to hang up.</summary>
    public int? StopsAfter { get; set; }

    public void Dispose()
    {
        _stop.Cancel();
        _serving.GetAwaiter().GetResult();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                await using var stream = new NetworkStream(socket);
                await AnswerAsync(stream);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException)
            {
                // The other side hung up, which is what some tests do.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string path = (await reader.ReadLineAsync())!.Split(' ')[1].TrimStart('/');
        int from = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
            {
                from = int.Parse(line["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            }
        }

        Requests.Add(from > 0 ? $"{path} from {from}" : path);
        if (!Files.TryGetValue(path, out byte[]? file))
        {
            await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            return;
        }

        from = IgnoresRanges ? 0 : from;
        if (from > 0 && from >= file.Length)
        {
            await stream.WriteAsync("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            return;
        }

        string status = from > 0 ? $"206 Partial Content\r\nContent-Range: bytes {from}-{file.Length - 1}/{file.Length}" : "200 OK";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {file.Length - from}\r\nConnection: close\r\n\r\n"));
        byte[] body = file[from..];
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, CutsAfter ?? StopsAfter ?? body.Length)));
        if (StopsAfter is not null)
        {
            await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
        }
    }
}
