using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>Whether the studio is up, and what it shows.</summary>
internal static class Health
{
    public sealed record Response(string Status, string Version);

    public static Operation Make()
    {
        var response = new Response("ok", typeof(Health).Assembly.GetName().Version?.ToString(3) ?? "unknown");
        return new Operation(HttpMethods.Get, "/api/v1/health", "Whether the studio is up, and what it shows.", _ => response);
    }
}
