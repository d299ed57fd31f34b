using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>An answer that is no result: a status and one sentence.</summary>
internal static class Failure
{
    public static Task Write(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ErrorBody(sentence), StudioJson.Options, context.RequestAborted);
    }
}

/// <summary>The body of every refusal.</summary>
/// <param name="Error">What is wrong, where, and what to do.</param>
internal sealed record ErrorBody(string Error);
