namespace Interp.Features;

/// <summary>The latents that were found: how many at once, which and how they rank when it is asked.</summary>
public sealed class AnalysisResult
{
    private readonly Lazy<IReadOnlyList<RankedLatent>> latents;

    internal AnalysisResult(int fired, int qualified, int shown, double? nearest, Func<IReadOnlyList<RankedLatent>> rank)
    {
        (Fired, Qualified, Shown, Nearest) = (fired, qualified, shown, nearest);
        latents = new(rank);
    }

    /// <summary>Latents that fire in some sentence at all and pass the filter.</summary>
    public int Fired { get; }

    /// <summary>Those of them that meet the conditions.</summary>
    public int Qualified { get; }

    /// <summary>How many <see cref="Latents"/> there are, known before any is ranked.</summary>
    public int Shown { get; }

    /// <summary>Where none qualifies, the highest lower threshold at which one does, in steps of 1 / <see cref="Analysis.Steps"/>; null where there is none.</summary>
    public double? Nearest { get; }

    /// <summary>The best of those that qualify, best first, ties by the lower number; ranked and read out when first asked for.</summary>
    public IReadOnlyList<RankedLatent> Latents => latents.Value;
}
