using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>A prompt continued with latents changed and unchanged, at once or token by token.</summary>
internal static class Steer
{
    public sealed record Question : ContinuationQuestion
    {
        [Description("The latents that are changed, each at most once."), Length(0, Limits.Steered)]
        public required IReadOnlyList<Dose> Features { get; init; }

        /// <exception cref="Refusal">404: a latent is none of the dictionary.</exception>
        public SteeringRecipe Recipe(Workbench bench) =>
            RecipeWith([.. Features.Select(feature => new SteeredLatent(bench.Known(feature.Id), feature.Strength, feature.Unit, feature.Mode))]).Resolved(bench.Figures);
    }

    public sealed record Dose
    {
        [Description("The latent.")]
        public required int Id { get; init; }

        [Description("How strongly; may be negative."), Range(-Limits.Strength, Limits.Strength)]
        public required double Strength { get; init; }

        [Description("Multiples of the latent's maximum, of the median length of the residual stream, or its own value.")]
        public StrengthUnit Unit { get; init; } = StrengthUnit.Max;

        [Description("Whether the latent's value is set or added to.")]
        public SteeringMode Mode { get; init; } = SteeringMode.Clamp;
    }

    public sealed record Answer
    {
        [Description("What the model writes by itself.")]
        public required string Plain { get; init; }

        [Description("What it writes with the latents changed.")]
        public required string Steered { get; init; }

        [Description("All that decides the text, with strengths as values of the latents.")]
        public required SteeringRecipe Recipe { get; init; }

        [Description("An F# script that prints the steered text.")]
        public required string Fsharp { get; init; }
    }

    public enum Side
    {
        Plain,
        Steered,
    }

    public sealed record Line
    {
        [Description("Which continuation the token belongs to.")]
        public required Side Side { get; init; }

        [Description("What it adds to the text.")]
        public required string Token { get; init; }
    }

    public sealed record LastLine
    {
        [Description("Always true: nothing follows.")]
        public required bool Done { get; init; }

        [Description("All that decides the text, with strengths as values of the latents.")]
        public required SteeringRecipe Recipe { get; init; }

        [Description("An F# script that prints the steered text.")]
        public required string Fsharp { get; init; }
    }

    public static Operation AtOnce(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/steer", "A prompt continued with latents changed and unchanged.", (question, call) => Run(bench, question.Recipe(bench), call.Cancel)) with
        {
            Example = Example(bench),
        };

    public static Operation Streamed(Workbench bench) => new()
    {
        Method = HttpMethods.Post,
        Path = "/api/v1/steer/stream",
        Summary = "The same as lines of JSON, one per token, and a last one with the recipe.",
        Question = typeof(Question),
        Media = Call.LinesMedia,
        Example = Example(bench),
        Serve = async call =>
        {
            using var place = await call.Lanes.Bodies.Enter(call.Cancel);
            var recipe = (await Http.Question.OfBody<Question>(call.Request, call.Cancel)).Recipe(bench);
            await call.WriteLines(() => Lines(bench, recipe, call.Cancel));
        },
    };

    private static JsonNode? Example(Workbench bench) =>
        JsonNode.Parse($$"""{"prompt": "They met again in", "features": [{"id": {{bench.ExampleLatent}}, "strength": 1, "unit": "max", "mode": "clamp"}], "tokens": 8}""");

    private static Answer Run(Workbench bench, SteeringRecipe recipe, CancellationToken cancel) => new()
    {
        Plain = string.Concat(SteeredGeneration.Plain(bench.Microscope, recipe, cancel: cancel).Select(token => token.Text)),
        Steered = string.Concat(SteeredGeneration.Steered(bench.Microscope, recipe, cancel: cancel).Select(token => token.Text)),
        Recipe = recipe,
        Fsharp = Script(bench, recipe),
    };

    private static IEnumerable<object> Lines(Workbench bench, SteeringRecipe recipe, CancellationToken cancel)
    {
        var plain = SteeredGeneration.Plain(bench.Microscope, recipe, cancel: cancel).Select(token => new Line { Side = Side.Plain, Token = token.Text });
        var steered = SteeredGeneration.Steered(bench.Microscope, recipe, cancel: cancel).Select(token => new Line { Side = Side.Steered, Token = token.Text });
        return Alternately(plain, steered).Append<object>(new LastLine { Done = true, Recipe = recipe, Fsharp = Script(bench, recipe) });
    }

    /// <summary>One of each in turn, and the rest of the longer.</summary>
    private static IEnumerable<Line> Alternately(IEnumerable<Line> first, IEnumerable<Line> second)
    {
        using var a = first.GetEnumerator();
        using var b = second.GetEnumerator();
        for (var (more, other) = (true, true); more || other;)
        {
            if (more = more && a.MoveNext())
                yield return a.Current;
            if (other = other && b.MoveNext())
                yield return b.Current;
        }
    }

    private static string Script(Workbench bench, SteeringRecipe recipe) => recipe.ToFSharp(bench.Options.ModelName ?? bench.Options.Model, bench.Options.SaeName ?? bench.Options.Sae);
}
