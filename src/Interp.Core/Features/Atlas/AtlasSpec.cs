namespace Interp.Features;

/// <summary>What an atlas keeps of each latent.</summary>
public sealed record AtlasSpec
{
    /// <summary>The usual numbers.</summary>
    public static AtlasSpec Default { get; } = new();

    /// <summary>Documents with the largest values, one example each.</summary>
    public int TopExamples { get; init; } = 20;

    /// <summary>Random examples from each factor of two of the value.</summary>
    public int ExamplesPerInterval { get; init; } = 5;

    /// <summary>Tokens of an example before the one that fires.</summary>
    public int TokensBefore { get; init; } = 24;

    /// <summary>Tokens of an example after the one that fires.</summary>
    public int TokensAfter { get; init; } = 8;

    /// <summary>Tokens that a latent fires on, the most frequent.</summary>
    public int TopTokens { get; init; } = 20;

    /// <summary>Latents that fire together with a latent, the most frequent.</summary>
    public int CoFiring { get; init; } = 20;

    /// <summary>
    /// Counters of the tokens that latents fire on, and as many of the latents that fire together, shared evenly among all latents: 16 384 each in a
    /// dictionary of 512, so that every count is exact, and 1 820 each in one of 4 608. What is shown has four times its number at least.
    /// </summary>
    public int Counters { get; init; } = 1 << 23;

    /// <summary>Tokens that a latent raises most, and as many that it lowers most.</summary>
    public int LogitEffects { get; init; } = 10;

    /// <summary>Latents with the most similar decoder rows.</summary>
    public int Neighbours { get; init; } = 10;

    /// <summary>Tokens at the start of the text on which rules that explain latents are found.</summary>
    public int RuleTokens { get; init; } = 1 << 16;

    /// <summary>Seed of the random examples.</summary>
    public int Seed { get; init; } = 1;
}
