using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>What each strength of a latent does.</summary>
internal static class DoseCurve
{
    public sealed record Question
    {
        [Description("The text to continue."), Length(0, Limits.TextCharacters)]
        public required string Prompt { get; init; }

        [Description("The latent.")]
        public required int Feature { get; init; }

        [Description("What the strengths are measured in.")]
        public StrengthUnit Unit { get; init; } = StrengthUnit.Max;

        [Description("Whether the latent's value is set or added to.")]
        public SteeringMode Mode { get; init; } = SteeringMode.Clamp;

        [Description("The strengths, in their order."), Length(1, 64)]
        public required IReadOnlyList<double> Strengths { get; init; }

        [Description("Tokens to add at most."), Range(1, Limits.NewTokens)]
        public int Tokens { get; init; } = 40;

        [Description("Seed of the draws; without effect at temperature 0."), Range(0, int.MaxValue)]
        public int Seed { get; init; }

        [Description("Divisor of the logits; 0 takes the most likely token."), Range(0.0, 100.0)]
        public double Temperature { get; init; }

        [Description("At which positions the latent is changed.")]
        public SteeredPositions Positions { get; init; } = SteeredPositions.NotSpecial;
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
            Example = JsonNode.Parse("""{"prompt": "They met again in", "feature": 17, "strengths": [0, 1, 4], "tokens": 8}"""),
        };

    private static Answer Run(Workbench bench, Question question, CancellationToken cancel)
    {
        if (question.Feature < 0 || question.Feature >= bench.Latents)
            throw Refusal.NoLatent(question.Feature.ToString(CultureInfo.InvariantCulture), bench.Latents);
        var recipe = new SteeringRecipe
        {
            Prompt = question.Prompt,
            Features = [new SteeredLatent(question.Feature, 0, question.Unit, question.Mode)],
            Tokens = question.Tokens,
            Seed = question.Seed,
            Temperature = question.Temperature,
            Positions = question.Positions,
        };
        var points = DoseResponse.Of(bench.Microscope, recipe, question.Strengths, DoseResponse.RaisedBy(bench.Microscope, question.Feature), bench.Figures, cancel);
        return new Answer
        {
            Points = [.. points.Select(point => new Point { Strength = point.Strength, Effect = point.Effect, Perplexity = point.Perplexity, Repetition = point.Repetition, Text = point.Text })],
        };
    }
}
