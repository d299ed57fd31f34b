using System.ComponentModel;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>The body of every answer that is no result.</summary>
internal sealed record Failure
{
    [Description("What is wrong, where, and what to do.")]
    public required string Error { get; init; }

    public static Task Write(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new Failure { Error = sentence }, StudioJson.Options, context.RequestAborted);
    }
}
