using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Guards;

/// <summary>Cancels a request that takes too long, waiting and reading of its body included.</summary>
/// <param name="next">What serves the request.</param>
/// <param name="limit">How long it may take.</param>
internal sealed class TimeLimit(RequestDelegate next, TimeSpan limit)
{
    public async Task Serve(HttpContext context)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timed.CancelAfter(limit);
        context.Items[typeof(TimeLimit)] = timed.Token;
        await next(context);
    }

    /// <summary>Ends when the client goes away or the time is over.</summary>
    public static CancellationToken Of(HttpContext context) => (CancellationToken)context.Items[typeof(TimeLimit)]!;
}
