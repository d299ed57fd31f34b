using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Interp.Features;
using Interp.Studio.Guards;

namespace Interp.Studio.Api;

/// <summary>How a prompt is continued while latents are changed.</summary>
internal abstract record ContinuationQuestion
{
    [Description("The text to continue."), Length(1, Limits.TextCharacters)]
    public required string Prompt { get; init; }

    [Description("Tokens to add at most."), Range(1, Limits.NewTokens)]
    public int Tokens { get; init; } = 40;

    [Description("Seed of the draws; without effect at temperature 0."), Range(0, int.MaxValue)]
    public int Seed { get; init; }

    [Description("Divisor of the logits; 0 takes the most likely token."), Range(0.0, 100.0)]
    public double Temperature { get; init; }

    [Description("At which positions the latents are changed.")]
    public SteeredPositions Positions { get; init; } = SteeredPositions.NotSpecial;

    [Description("Whether what the dictionary does not reconstruct is kept.")]
    public bool KeepError { get; init; } = true;

    /// <summary>The recipe of it with some latents.</summary>
    protected SteeringRecipe RecipeWith(params IReadOnlyList<SteeredLatent> features) => new()
    {
        Prompt = Prompt,
        Features = features,
        Tokens = Tokens,
        Seed = Seed,
        Temperature = Temperature,
        Positions = Positions,
        KeepError = KeepError,
    };
}
