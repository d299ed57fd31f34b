using Interp.Runtime;

namespace Interp.Features;

/// <summary>In what a strength is measured.</summary>
public enum StrengthUnit
{
    /// <summary>Multiples of the latent's maximum in a large text.</summary>
    Max,

    /// <summary>Multiples of the median length of the residual stream over the prompt's tokens; what the latent then writes has that length.</summary>
    Norm,

    /// <summary>The latent's own value, as the autoencoder gives it.</summary>
    Raw,
}

/// <summary>What becomes of a latent's value.</summary>
public enum SteeringMode
{
    /// <summary>It becomes the strength, whatever it was.</summary>
    Clamp,

    /// <summary>The strength is added to it.</summary>
    Add,
}

/// <summary>Where a text is steered. What stands at a position decides the token after it.</summary>
public enum SteeredPositions
{
    /// <summary>At every position that is no special token, such as one that begins the text.</summary>
    NotSpecial,

    /// <summary>At every position.</summary>
    All,

    /// <summary>At the tokens that were generated, so that the first of them is chosen as without steering.</summary>
    Generated,
}

/// <summary>A latent that is changed.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Strength">How strongly, in units; may be negative.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Mode">Whether the value is set or added.</param>
public sealed record SteeredLatent(int Id, double Strength, StrengthUnit Unit = StrengthUnit.Max, SteeringMode Mode = SteeringMode.Clamp);

/// <summary>All that decides how a prompt is continued while latents are changed; the same recipe gives the same text.</summary>
public sealed record SteeringRecipe
{
    /// <summary>The text to continue; may be empty where the model begins texts with a token of their own.</summary>
    public required string Prompt { get; init; }

    /// <summary>The latents, each at most once; all are changed together, from one reading of what comes in.</summary>
    public IReadOnlyList<SteeredLatent> Features { get; init; } = [];

    /// <summary>Tokens to add at most.</summary>
    public int Tokens { get; init; } = 40;

    /// <summary>Seed of the draws; without effect at temperature 0.</summary>
    public long Seed { get; init; }

    /// <summary>Divisor of the logits; 0 takes the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Where.</summary>
    public SteeredPositions Positions { get; init; } = SteeredPositions.NotSpecial;

    /// <summary>Whether what the autoencoder cannot reconstruct is kept; without, its reconstruction takes the place of the stream.</summary>
    public bool KeepError { get; init; } = true;

    /// <summary>The same recipe with maxima multiplied out, which needs no figures any more.</summary>
    /// <param name="figures">Where the maxima come from; null: no strength is in units of them.</param>
    /// <exception cref="InterpException">There is no such latent, or it has no maximum.</exception>
    public SteeringRecipe Resolved(ILatentFigures? figures) => this with { Features = [.. Features.Select(feature => InRaw(feature, figures))] };

    /// <summary>Refuses what cannot be carried out.</summary>
    /// <param name="latents">Size of the dictionary.</param>
    /// <exception cref="InterpException">A number is out of range, or a latent is named twice.</exception>
    public void Validate(int latents)
    {
        foreach (var feature in Features)
        {
            if (feature.Id < 0 || feature.Id >= latents)
                throw new InterpException($"There is no latent {feature.Id}; the autoencoder has 0 to {latents - 1}.");
            if (!double.IsFinite(feature.Strength))
                throw new InterpException(FormattableString.Invariant($"The strength of latent {feature.Id} is {feature.Strength}; give a finite number."));
        }
        if (Features.Select(feature => feature.Id).Distinct().Count() < Features.Count)
            throw new InterpException($"Latent {Features.GroupBy(feature => feature.Id).First(same => same.Count() > 1).Key} is steered twice; give each latent once.");
        if (Tokens < 0)
            throw new InterpException($"The number of tokens to add is {Tokens}; give 0 or more.");
        if (!(Temperature >= 0) || !double.IsFinite(Temperature))
            throw new InterpException(FormattableString.Invariant($"The temperature is {Temperature}; give 0 or more."));
    }

    /// <summary>The recipe as JSON, every field written out.</summary>
    public string ToJson() => RecipeJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> writes; fields that are left out have their defaults, and the prompt must be there.</summary>
    /// <exception cref="InterpException">It is no JSON, a field is unknown, twice there or of another type, or the prompt is missing.</exception>
    public static SteeringRecipe Parse(string json) => RecipeJson.Read(json);

    /// <summary>A script for F# Interactive, to be run in a clone of the repository, that prints the steered text.</summary>
    /// <param name="model">The model, as <see cref="Microscope.Open"/> takes it.</param>
    /// <param name="autoencoder">The autoencoder's folder.</param>
    /// <exception cref="InterpException">A strength is still in units of the maximum; resolve it first.</exception>
    public string ToFSharp(string model, string autoencoder) => RecipeScript.Write(this, model, autoencoder);

    private static SteeredLatent InRaw(SteeredLatent feature, ILatentFigures? figures)
    {
        if (feature.Unit != StrengthUnit.Max)
            return feature;
        if (figures is null)
            throw new InterpException($"The strength of latent {feature.Id} is in units of its maximum, which is not known here; give it in norm or raw.");
        if (feature.Id < 0 || feature.Id >= figures.Latents)
            throw new InterpException($"There is no latent {feature.Id}; the autoencoder has 0 to {figures.Latents - 1}.");
        return figures.MaxOf(feature.Id) is var max and > 0
            ? feature with { Strength = feature.Strength * max, Unit = StrengthUnit.Raw }
            : throw new InterpException($"Latent {feature.Id} never fired and has no maximum; give its strength in norm or raw.");
    }
}
