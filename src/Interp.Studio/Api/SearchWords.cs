using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The latents of which the atlas says some words.</summary>
internal static class SearchWords
{
    public sealed record Question : LatentFilters
    {
        [Description("Words of explanations, concepts and tokens, all of which are wanted."), Length(1, 1000)]
        public required string Q { get; init; }

        [Description("How many are wanted; at most 1000 are given."), Range(1, int.MaxValue)]
        public int Limit { get; init; } = 20;
    }

    public sealed record Answer
    {
        [Description("The latents, best first.")]
        public required IReadOnlyList<SearchHit> Results { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Get<Question, Answer>("/api/v1/search", "The latents of which the atlas says some words.", (question, _) => Run(bench, question)) with
        {
            Example = JsonNode.Parse("""{"q": "month", "limit": 3}"""),
        };

    private static Answer Run(Workbench bench, Question question) => new()
    {
        Results = [.. bench.Atlas.Search(question.Q, Math.Min(question.Limit, Limits.Listed), question.ToFilter()).Select(hit => SearchHit.Of(bench, hit.Latent) with { Score = hit.Score })],
    };
}
