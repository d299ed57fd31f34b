using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The dictionary in order.</summary>
internal static class FeatureList
{
    public enum Order
    {
        Id,
        Density,
        Max,
    }

    public sealed record Question : LatentFilters
    {
        [Description("How many to leave out at the beginning."), Range(0, int.MaxValue)]
        public int Offset { get; init; }

        [Description("How many are wanted; at most 1000 are given."), Range(1, int.MaxValue)]
        public int Limit { get; init; } = 50;

        [Description("By number, or by density or maximum, the largest first.")]
        public Order Sort { get; init; }
    }

    public sealed record Answer
    {
        [Description("Latents that pass the filters.")]
        public required int Total { get; init; }

        [Description("Those that were asked for.")]
        public required IReadOnlyList<LatentLine> Features { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Get<Question, Answer>("/api/v1/features", "The dictionary in order.", (question, _) => Run(bench, question)) with
        {
            Example = JsonNode.Parse("""{"sort": "density", "limit": 3, "dead": false}"""),
        };

    private static Answer Run(Workbench bench, Question question)
    {
        var filter = question.ToFilter();
        var passing = Enumerable.Range(0, bench.Latents).Where(latent => filter.Accepts(bench.Figures, latent));
        var ordered = (question.Sort switch
        {
            Order.Density => passing.OrderByDescending(bench.Figures.DensityOf),
            Order.Max => passing.OrderByDescending(bench.Figures.MaxOf),
            _ => passing,
        }).ToArray();
        return new Answer
        {
            Total = ordered.Length,
            Features = [.. ordered.Skip(question.Offset).Take(Math.Min(question.Limit, Limits.Listed)).Select(latent => LatentLine.Of(bench, latent))],
        };
    }
}
