using System.Net;
using System.Net.Sockets;
using Interp.Runtime;
using Interp.Studio.Api;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Interp.Studio.OpenApi;
using Interp.Studio.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Interp.Studio;

/// <summary>
/// The web server of the studio. It listens on the loopback address alone, needs no token, loads nothing from elsewhere, and no request writes
/// anything.
/// </summary>
public sealed class StudioServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly Workbench bench;
    private readonly Lanes lanes;

    private StudioServer(WebApplication application, Workbench bench, Lanes lanes)
    {
        (this.application, this.bench, this.lanes) = (application, bench, lanes);
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    /// <summary>Where the pages are.</summary>
    public Uri Address { get; }

    /// <summary>The routes that are served.</summary>
    internal IReadOnlyList<Endpoint> Routes => application.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Opens model, autoencoder and atlas, and listens.</summary>
    /// <param name="options">What to show, and where.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="InterpException">Something cannot be opened or does not belong together, or the port is taken.</exception>
    public static async Task<StudioServer> StartAsync(StudioOptions options, CancellationToken cancel = default)
    {
        var bench = Workbench.Open(options);
        var lanes = new Lanes();
        var application = Build(options, bench, lanes);
        try
        {
            await application.StartAsync(cancel);
            return new StudioServer(application, bench, lanes);
        }
        catch (Exception error)
        {
            await application.DisposeAsync();
            lanes.Dispose();
            bench.Dispose();
            if (error is IOException { InnerException: AddressInUseException })
                throw new InterpException($"Port {options.Port} is taken by another program; choose another with --port, or a free one with --port 0.", error);
            if (error is SocketException)
                throw new InterpException($"Port {options.Port} cannot be listened on: {error.Message}; choose another with --port.", error);
            throw;
        }
    }

    /// <summary>Ends what is under way and stops to listen.</summary>
    public async ValueTask DisposeAsync()
    {
        await application.StopAsync();
        await application.DisposeAsync();
        lanes.Dispose();
        bench.Dispose();
    }

    private static WebApplication Build(StudioOptions options, Workbench bench, Lanes lanes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options.Port));
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(5));
        builder.Services.AddRoutingCore();
        var application = builder.Build();
        application.Use(SecurityHeaders.Add);
        application.Use(next => new Failures(next, options.Log).Serve);
        application.Use(LoopbackOnly.Check);
        application.Use(next => new TimeLimit(next, options.TimeLimit).Serve);
        application.UseRouting();
        var assets = IAssets.Of(options.Assets);
        application.Use(next => new StaticPages(next, assets).Serve);
        var operations = Operations.Of(bench);
        foreach (var operation in operations)
            operation.Map(application, lanes);
        OpenApiDocument.Map(application, operations);
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Limits.DiscardedBytes;
        kestrel.Limits.MaxRequestBufferSize = Limits.BufferBytes;
        kestrel.Limits.MaxRequestLineSize = Limits.BufferBytes;
        kestrel.Limits.MaxConcurrentConnections = Limits.Connections;
        kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(ServerRefusals.Explain);
        });
    }
}
