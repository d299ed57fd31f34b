namespace Interp.Evaluation;

/// <summary>
/// How well an autoencoder reconstructs N tokens x of width d as y with latents f; m is the mean of the same tokens. Of a transcoder, x is
/// its target. Everything is pooled over tokens in float64.
/// </summary>
public sealed record ReconstructionResult
{
    /// <summary>N.</summary>
    public required long Tokens { get; init; }

    /// <summary>Fraction of variance unexplained, Σ|x-y|² / Σ|x-m|².</summary>
    public required double Fvu { get; init; }

    /// <summary>Σ|x-y|² / (N·d).</summary>
    public required double Mse { get; init; }

    /// <summary>Σ|x-y|² / N.</summary>
    public required double MsePerToken { get; init; }

    /// <summary>Mean over tokens of |x-y|² / |x|² (Gao et al. 2024).</summary>
    public required double NmseAboutZero { get; init; }

    /// <summary>Mean over tokens of 1 - |x-y|² / |x-m|², as older SAELens and SAEBench report explained variance.</summary>
    public required double EvPerTokenLegacy { get; init; }

    /// <summary>Mean number of latents that are not 0.</summary>
    public required double L0 { get; init; }

    /// <summary>Mean of Σ|f|.</summary>
    public required double L1 { get; init; }

    /// <summary>Mean of cos(x, y).</summary>
    public required double Cosine { get; init; }

    /// <summary>Mean of |y| / |x|.</summary>
    public required double L2Ratio { get; init; }

    /// <summary>Σ|y|² / Σ x·y; below 1 is shrinkage (Rajamanoharan et al. 2024, eq. 10).</summary>
    public required double RelativeReconstructionBias { get; init; }

    /// <summary>Tokens on which each latent was active, [M].</summary>
    public required long[] FiredCounts { get; init; }

    /// <summary>m, [d].</summary>
    public required double[] Mean { get; init; }

    /// <summary>1 - <see cref="Fvu"/>.</summary>
    public double ExplainedVariance => 1 - Fvu;

    /// <summary>Latents that were active on no token.</summary>
    public int Dead => FiredCounts.Count(count => count == 0);

    /// <summary>Share of tokens on which a latent was active.</summary>
    public double Density(int latent) => FiredCounts[latent] / (double)Tokens;

    /// <summary>Share of latents active on more than this share of the tokens.</summary>
    public double ShareDenserThan(double density) =>
        Enumerable.Range(0, FiredCounts.Length).Count(latent => Density(latent) > density) / (double)FiredCounts.Length;
}
