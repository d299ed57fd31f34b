using System.Threading.RateLimiting;
using Interp.Studio.Guards;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>Requests that are served so many at a time, in the order of their arrival; when too many wait, the next is refused.</summary>
internal sealed class Lane(int atOnce, int waiting) : IDisposable
{
    private readonly ConcurrencyLimiter limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = atOnce,
        QueueLimit = waiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Waits for a place; dispose of it when done.</summary>
    /// <exception cref="Refusal">Too many wait already.</exception>
    public async Task<IDisposable> Enter(CancellationToken cancel)
    {
        var lease = await limiter.AcquireAsync(1, cancel);
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        throw new Refusal(StatusCodes.Status503ServiceUnavailable, "The studio has too many requests to answer; try again in a moment.");
    }

    public void Dispose() => limiter.Dispose();
}

/// <summary>
/// Where requests wait. A body is read only when its request has a place, so that what is held of waiting ones is bounded however many come.
/// </summary>
internal sealed class Lanes : IDisposable
{
    /// <summary>Requests with a body.</summary>
    public Lane Bodies { get; } = new(Limits.BodiesAtOnce, Limits.BodiesWaiting);

    /// <summary>Those of them that run the model.</summary>
    public Lane Model { get; } = new(atOnce: 1, waiting: Limits.BodiesAtOnce);

    /// <summary>Requests that only look up.</summary>
    public Lane Lookup { get; } = new(Limits.LookupsAtOnce, Limits.LookupsWaiting);

    public void Dispose()
    {
        Bodies.Dispose();
        Model.Dispose();
        Lookup.Dispose();
    }
}
