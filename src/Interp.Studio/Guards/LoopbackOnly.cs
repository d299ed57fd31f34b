using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Guards;

/// <summary>
/// Refuses what a page of another site could send here: a Host that is no name of this machine (a rebound DNS name), and an Origin that is not
/// the page's own.
/// </summary>
internal static class LoopbackOnly
{
    private static readonly string[] Names = ["127.0.0.1", "localhost", "[::1]"];

    public static Task Check(HttpContext context, RequestDelegate next)
    {
        var host = context.Request.Host;
        var port = context.Connection.LocalPort;
        if (!Names.Contains(host.Host, StringComparer.OrdinalIgnoreCase) || (host.Port is { } stated && stated != port))
            throw new Refusal(StatusCodes.Status421MisdirectedRequest, $"The studio answers to 127.0.0.1:{port}, localhost:{port} and [::1]:{port} alone.");
        var origins = context.Request.Headers.Origin;
        if (origins.Count > 1 || (origins.Count == 1 && !string.Equals(origins[0], $"http://{host.Value}", StringComparison.OrdinalIgnoreCase)))
            throw new Refusal(StatusCodes.Status403Forbidden, "The studio answers to its own pages, not to those of another origin.");
        if (context.Request.Headers["Sec-Fetch-Site"] is [("cross-site" or "same-site")] && context.Request.Headers["Sec-Fetch-Mode"] != "navigate")
            throw new Refusal(StatusCodes.Status403Forbidden, "The studio answers to its own pages, not to those of another site.");
        return next(context);
    }
}
