using System.Net;
using Interp.Runtime;
using Interp.Studio.Api;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Interp.Studio.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Interp.Studio;

/// <summary>
/// The web server of the studio. It listens on the loopback address alone, needs no token, loads nothing from elsewhere, and writes nothing.
/// </summary>
public sealed class StudioServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private StudioServer(WebApplication application, Uri address)
    {
        this.application = application;
        Address = address;
    }

    /// <summary>Where the pages are.</summary>
    public Uri Address { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="options">What to serve, and where.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="InterpException">The port is taken.</exception>
    public static async Task<StudioServer> StartAsync(StudioOptions options, CancellationToken cancel = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options.Port));
        builder.Services.AddRoutingCore();
        var application = builder.Build();
        application.Use(SecurityHeaders.Add);
        application.Use(LoopbackOnly.Check);
        application.UseRouting();
        foreach (var operation in Operations.All())
            operation.Map(application);
        StaticPages.Map(application, options.Assets);
        try
        {
            await application.StartAsync(cancel);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            await application.DisposeAsync();
            throw new InterpException($"Port {options.Port} is taken by another program; choose another with --port, or --port 0 for a free one.", error);
        }
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new StudioServer(application, new Uri(addresses.Single()));
    }

    /// <summary>Ends requests under way and stops to listen.</summary>
    public async ValueTask DisposeAsync()
    {
        await application.StopAsync();
        await application.DisposeAsync();
    }

    private static void Listen(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
    }
}
