using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Guards;

/// <summary>What every answer tells the browser: load nothing from elsewhere, run no inline script, lend nothing to other pages.</summary>
internal static class SecurityHeaders
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static Task Add(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Embedder-Policy"] = "require-corp";
        return next(context);
    }

    /// <summary>
    /// For a report, whose scripts stand in it: they run, but apart from the studio's pages, with an origin of their own that the studio does not answer.
    /// </summary>
    public static void AllowOwnScripts(HttpResponse response) =>
        response.Headers.ContentSecurityPolicy =
            "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
}
