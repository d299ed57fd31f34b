using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The latents that fire most on each token of a text.</summary>
internal static class Tokens
{
    public sealed record Question
    {
        [Description("The text."), Length(1, Limits.TextCharacters)]
        public required string Text { get; init; }

        [Description("How many latents of each token."), Range(1, Limits.Listed)]
        public int Limit { get; init; } = 10;
    }

    public sealed record Answer
    {
        [Description("The tokens; their strings joined are the text.")]
        public required IReadOnlyList<TokenLatents> Tokens { get; init; }
    }

    public sealed record TokenLatents
    {
        [Description("Its part of the text.")]
        public required string Token { get; init; }

        [Description("Its number in the vocabulary.")]
        public required int Id { get; init; }

        [Description("The latents with the largest share of their maximum.")]
        public required IReadOnlyList<Firing> Top { get; init; }
    }

    public sealed record Firing
    {
        [Description("The latent.")]
        public required int Id { get; init; }

        [Description("Its value.")]
        public required float Value { get; init; }

        [Description("The value as a share of the latent's maximum in the atlas; null for one that the atlas never saw fire.")]
        public required double? Share { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/tokens", "The latents that fire most on each token of a text.", (question, _) => Run(bench, question)) with
        {
            Example = JsonNode.Parse("""{"text": "On 1 May it rained.", "limit": 3}"""),
        };

    private static Answer Run(Workbench bench, Question question)
    {
        var reading = bench.Microscope.Read(question.Text);
        return new Answer
        {
            Tokens = [.. Enumerable.Range(0, reading.Ids.Count).Select(i => new TokenLatents { Token = reading.Tokens[i], Id = reading.Ids[i], Top = Top(bench, reading, i, question.Limit) })],
        };
    }

    private static Firing[] Top(Workbench bench, Reading reading, int token, int limit)
    {
        var (latents, values) = (reading.LatentsAt(token).ToArray(), reading.ValuesAt(token).ToArray());
        return
        [
            .. latents.Zip(values, (latent, value) => new Firing { Id = latent, Value = value, Share = bench.Atlas.Max[latent] is var max and > 0 ? value / max : null })
                .OrderByDescending(firing => firing.Share ?? 0).ThenBy(firing => firing.Id).Take(limit),
        ];
    }
}
