using System.Text.Json;
using Interp.Studio.Guards;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>A request that is being served.</summary>
internal sealed class Call(HttpContext context, Lanes lanes)
{
    public HttpRequest Request => context.Request;

    public HttpResponse Response => context.Response;

    /// <summary>Where requests wait.</summary>
    public Lanes Lanes => lanes;

    /// <summary>Ends when the client goes away or the time is over.</summary>
    public CancellationToken Cancel { get; } = TimeLimit.Of(context);

    /// <summary>A parameter of the route.</summary>
    public string At(string name) => (string)context.Request.RouteValues[name]!;

    /// <summary>The latent that the route names.</summary>
    /// <exception cref="Refusal">404: there is none.</exception>
    public int Latent(int latents) =>
        int.TryParse(At("id"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) && id < latents
            ? id
            : throw new Refusal(StatusCodes.Status404NotFound, $"There is no latent {Brief(At("id"))}; there are 0 to {latents - 1}.");

    /// <summary>
    /// Runs the model on a thread of its own, after those who came before. Work that nobody waits for any more is still waited for here, so that
    /// never two run at once.
    /// </summary>
    public async Task<T> InModelLane<T>(Func<T> work)
    {
        using var place = await lanes.Model.Enter(Cancel);
        Cancel.ThrowIfCancellationRequested();
        return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Answers with JSON.</summary>
    public Task Write<T>(T answer)
    {
        Response.Headers.CacheControl = "no-store";
        return Response.WriteAsJsonAsync(answer, StudioJson.Options, Cancel);
    }

    /// <summary>Answers with bytes.</summary>
    public async Task Write(ReadOnlyMemory<byte> bytes, string media)
    {
        Response.Headers.CacheControl = "no-store";
        Response.ContentType = media;
        Response.ContentLength = bytes.Length;
        await Response.Body.WriteAsync(bytes, Cancel);
    }

    private static string Brief(string text) => text.Length <= 20 ? text : text[..20] + "…";
}
