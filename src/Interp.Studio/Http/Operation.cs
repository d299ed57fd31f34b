using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interp.Studio.Http;

/// <summary>One operation of the API.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">Its route.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Answer">Its result, written as JSON.</param>
internal sealed record Operation(string Method, string Path, string Summary, Func<HttpContext, object> Answer)
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(Path, [Method], context => context.Response.WriteAsJsonAsync(Answer(context), StudioJson.Options, context.RequestAborted));
}
