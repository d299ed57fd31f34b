namespace Interp.Features;

/// <summary>What is asked of a latent that is to tell sentences from a contrast.</summary>
public sealed record AnalysisOptions
{
    /// <summary>The share of a latent's maximum that some token of a sentence must reach, 0 to 1.</summary>
    public double Threshold { get; init; } = 0.7;

    /// <summary>The share of the sentences in which that must be so, at least; 0 to 1, where 0 still asks for one.</summary>
    public double Share { get; init; } = 0.8;

    /// <summary>The best so many; null for all.</summary>
    public int? Limit { get; init; } = 5;

    /// <summary>Which latents are considered; null: all.</summary>
    public LatentFilter? Filter { get; init; }
}
