using System.ComponentModel;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The dictionary in the plane.</summary>
internal static class Map
{
    public sealed record Answer
    {
        [Description("Place of each latent, across.")]
        public required IReadOnlyList<float> X { get; init; }

        [Description("Place of each latent, up.")]
        public required IReadOnlyList<float> Y { get; init; }

        [Description("Share of the tokens on which each fires.")]
        public required IReadOnlyList<float> Density { get; init; }

        [Description("Largest value of each.")]
        public required IReadOnlyList<float> Max { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Get<Nothing, Answer>("/api/v1/map", "The dictionary in the plane: near latents write alike.", (_, _) => Run(bench));

    private static Answer Run(Workbench bench)
    {
        var atlas = bench.Atlas;
        return new Answer { X = atlas.MapX.ToArray(), Y = atlas.MapY.ToArray(), Density = atlas.Density.ToArray(), Max = atlas.Max.ToArray() };
    }
}
