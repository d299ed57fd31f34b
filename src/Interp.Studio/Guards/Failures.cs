using Interp.Runtime;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Guards;

/// <summary>Turns whatever goes wrong into a status and one sentence; what it was in detail goes to the log alone.</summary>
/// <param name="next">What serves the request.</param>
/// <param name="log">Is told of failures that are the studio's own.</param>
internal sealed class Failures(RequestDelegate next, Action<string> log)
{
    /// <summary>What is said when the time of a request is over.</summary>
    public const string TooLong = "This took longer than the studio allows for one request; ask for less at once.";

    /// <summary>What is said of a request that breaks off.</summary>
    public const string NotWhole = "The request did not arrive whole and in time; send it again.";

    public async Task Serve(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && Missed(context) is { } sentence)
                await Failure.Write(context, context.Response.StatusCode, sentence);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer any more.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var (status, sentence) = Explained(error, context.Request);
            await Failure.Write(context, status, sentence);
        }
        catch (Exception error)
        {
            Explained(error, context.Request);
            context.Abort();
        }
    }

    private static string? Missed(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address; /api lists what there is.",
        StatusCodes.Status405MethodNotAllowed => $"This address is not served with {context.Request.Method}; it takes {context.Response.Headers.Allow}.",
        _ => null,
    };

    private (int Status, string Sentence) Explained(Exception error, HttpRequest request)
    {
        switch (error)
        {
            case Refusal refusal:
                return (refusal.Status, refusal.Message);
            case DamagedFileException:
                log($"{request.Method} {request.Path}: {error.Message}");
                return (StatusCodes.Status500InternalServerError, error.Message);
            case InterpException:
                return (StatusCodes.Status400BadRequest, error.Message);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return (StatusCodes.Status413PayloadTooLarge, Limits.TooLarge);
            case BadHttpRequestException bad:
                return (bad.StatusCode, NotWhole);
            case OperationCanceledException:
                return (StatusCodes.Status503ServiceUnavailable, TooLong);
            default:
                log($"{request.Method} {request.Path}: {error.GetType().Name}: {error.Message}");
                return (StatusCodes.Status500InternalServerError, "The studio failed at this request; the console in which it runs says how.");
        }
    }
}
