using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>The latents that fire in some sentences and not in their contrast.</summary>
internal static class Analyze
{
    public sealed record Question
    {
        [Description("Sentences that share something."), Length(1, Limits.Texts)]
        public required IReadOnlyList<string> Sentences { get; init; }

        [Description("Sentences that do not share it."), Length(0, Limits.Texts)]
        public IReadOnlyList<string> Contrast { get; init; } = [];

        [Description("The share of the latent's own maximum in the atlas that some token must reach."), Range(0.0, 1.0)]
        public double Threshold { get; init; } = 0.7;

        [Description("The least share of the sentences in which one must."), Range(0.0, 1.0)]
        public double Share { get; init; } = 0.8;

        [Description("How many latents, the best; null: all."), Range(1, int.MaxValue)]
        public int? Limit { get; init; } = 5;
    }

    public sealed record Answer
    {
        [Description("The latents, best first.")]
        public required IReadOnlyList<Found> Features { get; init; }

        [Description("What a lower threshold finds, where this one finds none; null: nothing, or it is not needed.")]
        public required Lower? Nearest { get; init; }

        [Description("Latents that fire in some sentence at all.")]
        public required int Considered { get; init; }

        [Description("Those of them that meet the conditions.")]
        public required int Qualified { get; init; }

        [Description("Number of sentences.")]
        public required int Sentences { get; init; }

        [Description("Number of contrast sentences.")]
        public required int ContrastCount { get; init; }
    }

    public sealed record Lower
    {
        [Description("The highest threshold at which some latent meets the other conditions, in steps of 0.05.")]
        public required double Threshold { get; init; }

        [Description("How many do so there.")]
        public required int Qualified { get; init; }

        [Description("The best of them, best first.")]
        public required IReadOnlyList<Found> Features { get; init; }
    }

    public sealed record Found : LatentLine
    {
        [SetsRequiredMembers]
        private Found(LatentLine line)
            : base(line)
        {
        }

        [Description("What the list is ordered by: quantile × effect.")]
        public required double Score { get; init; }

        [Description("Share of the sentences in which it reaches the threshold.")]
        public required double Share { get; init; }

        [Description("Mean over the sentences of the place of their peaks among all its firings in the atlas, 0 to 1.")]
        public required double Quantile { get; init; }

        [Description("How many standard deviations the sentences lie above the contrast.")]
        public required double Effect { get; init; }

        [Description("Its values on each sentence.")]
        public required IReadOnlyList<TokenValues> Sentences { get; init; } = [];

        [Description("Its values on each contrast sentence.")]
        public required IReadOnlyList<TokenValues> Contrast { get; init; } = [];

        public static Found Of(Workbench bench, RankedLatent ranked, IReadOnlyList<Reading> sentences, IReadOnlyList<Reading> contrast) => new(LatentLine.Of(bench, ranked.Latent))
        {
            Score = ranked.Score,
            Share = ranked.Share,
            Quantile = ranked.Quantile,
            Effect = ranked.Effect,
            Sentences = [.. sentences.Zip(ranked.Sentences, TokenValues.Of)],
            Contrast = [.. contrast.Zip(ranked.Contrast, TokenValues.Of)],
        };
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/analyze", "The latents that fire in some sentences and not in their contrast.", (question, call) => Run(bench, question, call.Cancel)) with
        {
            Example = JsonNode.Parse("""{"sentences": ["On 1 May it rained.", "They met in October."], "contrast": ["On Monday it rained."], "threshold": 0.5}"""),
        };

    private static Answer Run(Workbench bench, Question question, CancellationToken cancel)
    {
        var sentences = bench.Microscope.Read(question.Sentences, cancel);
        var contrast = bench.Microscope.Read(question.Contrast, cancel);
        var options = new AnalysisOptions { Threshold = question.Threshold, Share = question.Share, Limit = question.Limit };
        var result = Analysis.Of(sentences, contrast, bench.Figures, options);
        return new Answer
        {
            Features = Features(result),
            Nearest = result.Nearest is { } lower ? At(lower) : null,
            Considered = result.Fired,
            Qualified = result.Qualified,
            Sentences = sentences.Count,
            ContrastCount = contrast.Count,
        };

        Lower At(double threshold)
        {
            var lower = Analysis.Of(sentences, contrast, bench.Figures, options with { Threshold = threshold });
            return new Lower { Threshold = threshold, Qualified = lower.Qualified, Features = Features(lower) };
        }

        Found[] Features(AnalysisResult result)
        {
            var values = result.Shown * sentences.Concat(contrast).Sum(text => (long)text.Ids.Count);
            return values <= Limits.AnsweredValues
                ? [.. result.Latents.Select(ranked => Found.Of(bench, ranked, sentences, contrast))]
                : throw new Refusal(StatusCodes.Status413PayloadTooLarge, $"The answer would have {values} values, {result.Shown} latents on every token, and at most {Limits.AnsweredValues} are given; ask for fewer latents or less text.");
        }
    }
}
