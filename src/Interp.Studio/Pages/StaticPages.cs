using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Interp.Studio.Pages;

/// <summary>Serves the files of the pages by their names; what the one page shows stands after the # of its address.</summary>
internal static class StaticPages
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    /// <summary>Answers what no other route does.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="folder">Files to serve in place of the built-in ones, or null.</param>
    public static void Map(IEndpointRouteBuilder routes, string? folder)
    {
        IAssets assets = folder is null ? new EmbeddedAssets() : new FolderAssets(folder);
        routes.MapMethods("/{**path}", [HttpMethods.Get, HttpMethods.Head], context => Serve(context, assets));
    }

    private static async Task Serve(HttpContext context, IAssets assets)
    {
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
