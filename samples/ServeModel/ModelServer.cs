using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ServeModel;

/// <summary>A web server in front of a model.</summary>
public static class ModelServer
{
    /// <summary>Creates a server, which is not started yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="port">The port for HTTP on this machine; 0 for a free one.</param>
    /// <param name="grpcPort">The port for gRPC, which needs one of its own without TLS; 0 for a free one.</param>
    /// <param name="before">Adds what sees each request first, such as authentication.</param>
    public static WebApplication Create(ServedModel model, int port, int grpcPort, Action<WebApplication>? before = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 1 << 28;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(model);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 1 << 28);
        WebApplication app = builder.Build();
        before?.Invoke(app);
        HttpInference.Map(app, model);
        app.MapGrpcService<GrpcInference>();
        return app;
    }
}
