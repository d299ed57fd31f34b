namespace Interp.Features;

/// <summary>A latent that fires in sentences and not in their contrast.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Score">Quantile × Effect; the larger the better.</param>
/// <param name="Share">Share of the sentences in which it reaches the threshold.</param>
/// <param name="Max">Its maximum, the full scale of its heat map; a sentence may exceed it.</param>
/// <param name="Quantile">Mean over the sentences of the quantile of their peaks in the latent's own distribution.</param>
/// <param name="Effect">How many standard deviations the sentences' peaks lie above the contrast's.</param>
/// <param name="Sentences">Per sentence its value on every token.</param>
/// <param name="Contrast">The same of the contrast.</param>
public sealed record RankedLatent(
    int Latent, double Score, double Share, float Max, double Quantile, double Effect, IReadOnlyList<float[]> Sentences, IReadOnlyList<float[]> Contrast);
