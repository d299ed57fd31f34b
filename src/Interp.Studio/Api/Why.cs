using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Interp.Tokenization;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>Which active latents speak for one next token rather than another.</summary>
internal static class Why
{
    public sealed record Question
    {
        [Description("The prompt."), Length(1, Limits.TextCharacters)]
        public required string Prompt { get; init; }

        [Description("What may follow it, as written, with its leading space; its first token counts."), Length(1, 1000)]
        public required string A { get; init; }

        [Description("What it is compared with."), Length(1, 1000)]
        public required string B { get; init; }

        [Description("How many pairs of latent and position are listed; each is also taken away in truth."), Range(1, Limits.Attributed)]
        public int Limit { get; init; } = 20;
    }

    public sealed record Answer
    {
        [Description("The token that counts.")]
        public required NextToken A { get; init; }

        [Description("The token that it is compared with.")]
        public required NextToken B { get; init; }

        [Description("Logit of A less that of B.")]
        public required double Difference { get; init; }

        [Description("Pairs of latent and position that are active.")]
        public required int Active { get; init; }

        [Description("Those with the largest attributions, largest first.")]
        public required IReadOnlyList<Contribution> Latents { get; init; }

        [Description("How far the attributions can be trusted: over all active pairs of a short prompt, over those with the largest attributions of a longer one.")]
        public required Agreement Correlation { get; init; }
    }

    public sealed record NextToken
    {
        [Description("Its number in the vocabulary.")]
        public required int Id { get; init; }

        [Description("It as written: the first token of what was given.")]
        public required string Text { get; init; }
    }

    public sealed record Contribution
    {
        [Description("The latent.")]
        public required int Id { get; init; }

        [Description("Which token of the prompt, from 0.")]
        public required int Position { get; init; }

        [Description("That token.")]
        public required string Token { get; init; }

        [Description("The latent's value there.")]
        public required float Activation { get; init; }

        [Description("Activation × gradient of the difference along the decoder row.")]
        public required double Attribution { get; init; }

        [Description("By how much the difference falls when the latent is taken away there; null: not tried.")]
        public required double? Effect { get; init; }
    }

    public sealed record Agreement
    {
        [Description("Pearson's correlation of attribution and effect; null where they do not vary.")]
        public required double? Pearson { get; init; }

        [Description("Spearman's.")]
        public required double? Spearman { get; init; }

        [Description("Over how many of the active pairs: those with the largest attributions, all where it is as many as are active.")]
        public required int N { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/why", "Which active latents speak for one next token rather than another.", (question, call) => Run(bench.Microscope, question, call.Cancel)) with
        {
            Example = JsonNode.Parse("""{"prompt": "They met again in", "a": " October", "b": " Madrid", "limit": 5}"""),
        };

    private static Answer Run(Microscope microscope, Question question, CancellationToken cancel)
    {
        var (a, b) = (microscope.IdAfter(question.Prompt, question.A), microscope.IdAfter(question.Prompt, question.B));
        var pieces = new TokenPieces(microscope.Tokenizer);
        if (a == b)
            throw new Refusal(StatusCodes.Status400BadRequest, $"'{Refusal.Echo(question.A)}' and '{Refusal.Echo(question.B)}' begin with the same token '{pieces.Of(a)}'; give two that begin with different ones.");
        var tokens = microscope.Read(question.Prompt).Tokens;
        var tried = Math.Max(question.Limit, Limits.TriedPositions / Math.Max(1, tokens.Count));
        var result = Attribution.Of(microscope, question.Prompt, a, b, question.Limit, tried, cancel);
        return new Answer
        {
            A = new NextToken { Id = a, Text = pieces.Of(a) },
            B = new NextToken { Id = b, Text = pieces.Of(b) },
            Difference = result.Difference,
            Active = result.Active,
            Latents =
            [
                .. result.Latents.Select(pair => new Contribution
                {
                    Id = pair.Latent,
                    Position = pair.Position,
                    Token = tokens[pair.Position],
                    Activation = pair.Activation,
                    Attribution = pair.Attribution,
                    Effect = pair.Effect,
                }),
            ],
            Correlation = new Agreement { Pearson = result.Pearson, Spearman = result.Spearman, N = result.Tried },
        };
    }
}
