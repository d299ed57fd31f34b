using System.Net.Mime;
using Interp.Features;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>All that the atlas says of a latent, as it is stored.</summary>
internal static class Feature
{
    public static Operation Of(Workbench bench) => new()
    {
        Method = HttpMethods.Get,
        Path = "/api/v1/features/{id}",
        Summary = "All that the atlas says of a latent.",
        Answer = typeof(LatentPage),
        At = bench.ExampleRoute,
        Serve = async call =>
        {
            using var place = await call.Lanes.Lookup.Enter(call.Cancel);
            var latent = bench.Known(call.At("id"));
            bench.Atlas.Page(latent); // a line that cannot be read is not sent
            await call.Write(bench.Atlas.PageJson(latent), MediaTypeNames.Application.Json);
        },
    };
}
