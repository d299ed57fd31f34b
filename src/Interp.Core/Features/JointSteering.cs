using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>
/// Changes several latents of a token at once. With f their values as the token comes in, d their decoder rows and σ the factor of a per-token
/// normalisation, x becomes x + Σ (w - [clamp] f·σ)·d, where w is strength·σ, or of a strength in norms strength·N/‖d‖. The values are read once,
/// after the selection, so that no change displaces or undoes another; without the error, x̂ takes the place of x.
/// </summary>
internal static class JointSteering
{
    /// <summary>The steered activations of tokens.</summary>
    /// <param name="autoencoder">No transcoder.</param>
    /// <param name="features">The changes, in raw units or norms.</param>
    /// <param name="norm">N, the length that a strength in norms is a multiple of.</param>
    /// <param name="keepError">Whether x or x̂ is changed.</param>
    /// <param name="x">[n, d], in the model's scale.</param>
    /// <returns>[n, d], of the autoencoder's precision; it belongs to the caller, or to its dispose scope.</returns>
    public static Tensor Apply(SparseAutoencoder autoencoder, IReadOnlyList<SteeredLatent> features, double norm, bool keepError, Tensor x)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tokens = x.to(autoencoder.Precision, autoencoder.Device);
        var factor = autoencoder.Normalise(tokens).Factor ?? ones(1, 1, dtype: tokens.dtype, device: tokens.device);
        var (latents, reconstruction) = autoencoder.Run(tokens);
        var steered = keepError ? tokens : reconstruction;
        foreach (var feature in features)
        {
            var row = autoencoder.DecoderWeight[feature.Id].unsqueeze(0);
            var wanted = feature.Unit == StrengthUnit.Norm ? full_like(factor, feature.Strength * norm / Length(row, feature.Id)) : factor * feature.Strength;
            steered = steered + (feature.Mode == SteeringMode.Clamp ? wanted - Value(latents, feature.Id) * factor : wanted) * row;
        }
        return steered.MoveToOuterDisposeScope();
    }

    /// <summary>A latent's value on every token, [n, 1].</summary>
    private static Tensor Value(SparseLatents latents, int latent) =>
        where(latents.Indices.eq(latent), latents.Values, zeros_like(latents.Values)).sum(1, keepdim: true);

    private static double Length(Tensor row, int latent) => row.norm().ToDouble() is var length and > 0
        ? length
        : throw new InterpException($"The decoder row of latent {latent} has length 0 and no direction; steer another.");
}
