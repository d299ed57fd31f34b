namespace Interp.Features;

/// <summary>What is known of every latent from a large text, such as an atlas knows it.</summary>
public interface ILatentFigures
{
    /// <summary>Number of latents.</summary>
    int Latents { get; }

    /// <summary>The largest value; 0 of a latent that never fired.</summary>
    float MaxOf(int latent);

    /// <summary>Share of the tokens on which it fires.</summary>
    double DensityOf(int latent);

    /// <summary>Mean value over the tokens on which it fires; 0 of one that never did.</summary>
    double MeanOf(int latent);

    /// <summary>Share of the tokens on which it fires where its value is below <paramref name="value"/>, from 0 to 1.</summary>
    double QuantileOf(int latent, float value);
}
