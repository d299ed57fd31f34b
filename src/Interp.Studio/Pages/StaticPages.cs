using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Interp.Studio.Pages;

/// <summary>Serves the files of the pages by their names, where no route does; what the one page shows stands after the # of its address.</summary>
/// <param name="next">Serves everything else.</param>
/// <param name="assets">The files.</param>
internal sealed class StaticPages(RequestDelegate next, IAssets assets)
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    public Task Serve(HttpContext context) =>
        context.GetEndpoint() is null && !context.Request.Path.StartsWithSegments("/api") ? ServeFile(context) : next(context);

    private async Task ServeFile(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }
        var name = context.Request.Path.Value is null or "/" ? "index.html" : context.Request.Path.Value[1..];
        if (assets.Find(name) is not { } asset)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var headers = context.Response.GetTypedHeaders();
        headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        headers.ETag = asset.Tag;
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(asset.Tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        context.Response.ContentType = Types.TryGetContentType(name, out var type) ? WithCharset(type) : "application/octet-stream";
        context.Response.ContentLength = asset.Bytes.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.Body.WriteAsync(asset.Bytes, context.RequestAborted);
    }

    private static string WithCharset(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" ? type + "; charset=utf-8" : type;
}
