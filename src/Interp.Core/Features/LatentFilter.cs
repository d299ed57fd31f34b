namespace Interp.Features;

/// <summary>Which latents a search considers; what is null does not matter.</summary>
public sealed record LatentFilter
{
    /// <summary>Least density.</summary>
    public double? MinDensity { get; init; }

    /// <summary>Largest density.</summary>
    public double? MaxDensity { get; init; }

    /// <summary>Least maximum.</summary>
    public double? MinMax { get; init; }

    /// <summary>Whether the latent never fired.</summary>
    public bool? Dead { get; init; }

    /// <summary>Whether a latent is considered.</summary>
    public bool Accepts(ILatentFigures figures, int latent) =>
        !(figures.DensityOf(latent) < MinDensity) && !(figures.DensityOf(latent) > MaxDensity) && !(figures.MaxOf(latent) < MinMax)
        && (Dead is not { } dead || figures.MaxOf(latent) > 0 != dead);
}
