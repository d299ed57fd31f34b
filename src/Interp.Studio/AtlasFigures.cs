using Interp.Features;

namespace Interp.Studio;

/// <summary>What an atlas knows of every latent.</summary>
internal sealed class AtlasFigures(Atlas atlas) : ILatentFigures
{
    public int Latents => atlas.Latents;

    public float MaxOf(int latent) => atlas.Max[latent];

    public double DensityOf(int latent) => atlas.Density[latent];

    public double MeanOf(int latent) => atlas.Mean[latent];

    public double QuantileOf(int latent, float value) => atlas.Quantile(latent, value);
}
