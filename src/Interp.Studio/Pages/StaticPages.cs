using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;
using Interp.Studio.Http;

namespace Interp.Studio.Pages;

/// <summary>Serves the pages: the program's own files by their names, and the one page for each of its addresses.</summary>
internal static class StaticPages
{
    /// <summary>First parts of the addresses that the one page shows.</summary>
    private static readonly string[] Views = ["analyse", "feature", "search", "steer", "why", "map", "compare", "experiments"];

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
        var path = context.Request.Path.Value!.TrimStart('/');
        var name = path == "" || Views.Contains(path.Split('/')[0]) ? "index.html" : path;
        if (assets.Find(name) is not { } asset)
        {
            await Failure.Write(context, StatusCodes.Status404NotFound, "There is nothing at this address; the studio begins at /.");
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
