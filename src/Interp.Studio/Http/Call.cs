using System.Text.Json;
using Interp.Studio.Guards;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>A request that is being served.</summary>
internal sealed class Call(HttpContext context, Lanes lanes)
{
    /// <summary>Media type of lines of JSON.</summary>
    public const string LinesMedia = "application/x-ndjson";

    public HttpRequest Request => context.Request;

    public HttpResponse Response => context.Response;

    /// <summary>Where requests wait.</summary>
    public Lanes Lanes => lanes;

    /// <summary>Ends when the client goes away or the time is over.</summary>
    public CancellationToken Cancel { get; } = TimeLimit.Of(context);

    /// <summary>A parameter of the route.</summary>
    public string At(string name) => (string)context.Request.RouteValues[name]!;

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

    /// <summary>Answers with a line of JSON for each value, as soon as it is known.</summary>
    public async Task WriteLines(Func<IEnumerable<object>> values) => await InModelLane(() =>
    {
        var lines = values();
        Response.Headers.CacheControl = "no-store";
        Response.ContentType = LinesMedia;
        try
        {
            foreach (var value in lines)
                WriteLine(value, Cancel);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            WriteLine(new Failure { Error = Failures.TooLong }, context.RequestAborted);
        }
        return true;
    });

    /// <summary>Blocks the lane's own thread, which has nothing else to do.</summary>
    private void WriteLine(object value, CancellationToken cancel)
    {
        Response.Body.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value, StudioJson.Options), (byte)'\n'], cancel).AsTask().GetAwaiter().GetResult();
        Response.Body.FlushAsync(cancel).GetAwaiter().GetResult();
    }
}
