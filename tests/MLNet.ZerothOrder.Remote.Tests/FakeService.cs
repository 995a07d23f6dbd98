using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A service made of one function from path and body to an answer.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeService(WebApplication app) => _app = app;

    /// <summary>The bodies of all posts.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = [];

    public string Root => _app.Urls.First();

    /// <param name="answer">Gives the answer, or null where nothing is there.</param>
    /// <param name="certificate">The certificate for TLS; null for none.</param>
    public static async Task<FakeService> StartAsync(Func<string, byte[], string?> answer, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        WebApplication app = builder.Build();
        var service = new FakeService(app);
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (context.Request.Method == "POST")
            {
                service.Bodies.Enqueue(body.ToArray());
            }

            string? text;
            try
            {
                text = answer(context.Request.Path, body.ToArray());
            }
            catch (Exception e)
            {
                context.Response.StatusCode = 400;
                await context.Response.WriteAsync(e.ToString());
                return;
            }

            context.Response.StatusCode = text is null ? 404 : 200;
            context.Response.ContentType = "application/json";
            service.Protocols.Enqueue(context.Request.Protocol);
            await context.Response.WriteAsync(text ?? "{}");
        });
        await app.StartAsync();
        return service;
    }

    /// <summary>The versions of HTTP that requests came in.</summary>
    public ConcurrentQueue<string> Protocols { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
    }
}
