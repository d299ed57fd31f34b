using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>What each strength of a latent does.</summary>
internal static class DoseCurve
{
    public sealed record Question : ContinuationQuestion
    {
        [Description("The latent.")]
        public required int Feature { get; init; }

        [Description("What the strengths are measured in.")]
        public StrengthUnit Unit { get; init; } = StrengthUnit.Max;

        [Description("Whether the latent's value is set or added to.")]
        public SteeringMode Mode { get; init; } = SteeringMode.Clamp;

        [Description("The strengths, in their order."), Length(1, 64), Range(-Limits.Strength, Limits.Strength)]
        public required IReadOnlyList<double> Strengths { get; init; }

        /// <summary>The recipe of each strength, before it has one.</summary>
        /// <exception cref="Refusal">404: the latent is none of the dictionary.</exception>
        public SteeringRecipe Recipe(Workbench bench) => RecipeWith(new SteeredLatent(bench.Known(Feature), 0, Unit, Mode));
    }

    public sealed record Answer
    {
        [Description("A point per strength.")]
        public required IReadOnlyList<Point> Points { get; init; }
    }

    public sealed record Point
    {
        [Description("The strength.")]
        public required double Strength { get; init; }

        [Description("By how much the log-probability of the tokens that the latent raises most goes up, nats.")]
        public required double Effect { get; init; }

        [Description("Perplexity of the steered text under the plain model; null for a text without tokens.")]
        public required double? Perplexity { get; init; }

        [Description("Share of the steered text's runs of four tokens that stand in it already.")]
        public required double Repetition { get; init; }

        [Description("The steered text.")]
        public required string Text { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/dose", "How the effect of a latent, and the harm to the text, grow with its strength.", (question, call) => Run(bench, question, call.Cancel)) with
        {
            Example = JsonNode.Parse($$"""{"prompt": "They met again in", "feature": {{bench.ExampleLatent}}, "strengths": [0, 1, 4], "tokens": 8}"""),
        };

    private static Answer Run(Workbench bench, Question question, CancellationToken cancel)
    {
        var points = DoseResponse.Of(bench.Microscope, question.Recipe(bench), question.Strengths, DoseResponse.RaisedBy(bench.Microscope, question.Feature), bench.Figures, cancel);
        return new Answer
        {
            Points = [.. points.Select(point => new Point { Strength = point.Strength, Effect = point.Effect, Perplexity = point.Perplexity, Repetition = point.Repetition, Text = point.Text })],
        };
    }
}
