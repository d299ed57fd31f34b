using Interp.Autoencoders;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>
/// Moves a model along latents of an autoencoder. The latent is set after the selection, so that it is not one of the k and displaces none,
/// and the error is that of the token as it comes in, so that it does not undo the change.
/// </summary>
public static class Steering
{
    /// <summary>An intervention at the autoencoder's hook.</summary>
    /// <param name="point">The hook, one with a row per token.</param>
    /// <param name="autoencoder">No transcoder; it must outlive the intervention.</param>
    /// <param name="latent">Which latent.</param>
    /// <param name="method">How.</param>
    /// <exception cref="InterpException">There is no such latent, or the autoencoder is a transcoder.</exception>
    public static Intervention At(HookPoint point, SparseAutoencoder autoencoder, int latent, SteeringMethod method)
    {
        Require(autoencoder, latent);
        return OnRows(point, rows => Apply(autoencoder, latent, method, rows));
    }

    /// <summary>An intervention that replaces a hook's rows [n, d], one per token, heads side by side as an autoencoder reads them.</summary>
    internal static Intervention OnRows(HookPoint point, Func<Tensor, Tensor> change) => Intervention.Of(point, value =>
    {
        using var scope = NewDisposeScope();
        return change(value.flatten(2).flatten(0, 1)).to(value.dtype, value.device).view(value.shape).MoveToOuterDisposeScope();
    });

    /// <summary>The steered activations of tokens.</summary>
    /// <param name="autoencoder">No transcoder.</param>
    /// <param name="latent">Which latent.</param>
    /// <param name="method">How.</param>
    /// <param name="x">[n, d], in the model's scale.</param>
    /// <returns>[n, d], of the autoencoder's precision; it belongs to the caller, or to its dispose scope.</returns>
    /// <exception cref="InterpException">As for <see cref="At"/>, or x has another width.</exception>
    public static Tensor Apply(SparseAutoencoder autoencoder, int latent, SteeringMethod method, Tensor x)
    {
        Require(autoencoder, latent);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tokens = x.to(autoencoder.Precision, autoencoder.Device);
        var row = autoencoder.DecoderWeight[latent].unsqueeze(0);
        var steered = method switch
        {
            SteeringMethod.Orthogonal orthogonal => WithComponent(tokens, row, _ => full_like(_, orthogonal.Component)),
            SteeringMethod.Cap cap when cap.Low <= cap.High => WithComponent(tokens, row, component => component.clamp(cap.Low, cap.High)),
            SteeringMethod.Cap cap => throw new InterpException(FormattableString.Invariant($"Steering caps a component to {cap.Low} .. {cap.High}, which is no range; give the lower bound first.")),
            _ => Along(autoencoder, latent, method, tokens, row),
        };
        return steered.MoveToOuterDisposeScope();
    }

    /// <summary>The methods that change the latent's value by some amount per token.</summary>
    private static Tensor Along(SparseAutoencoder autoencoder, int latent, SteeringMethod method, Tensor x, Tensor row)
    {
        var factor = autoencoder.Normalise(x).Factor;
        var (latents, reconstruction) = autoencoder.Run(x);
        var f = where(latents.Indices.eq(latent), latents.Values, zeros_like(latents.Values)).sum(1, keepdim: true);
        var change = method switch
        {
            SteeringMethod.Add add => full_like(f, add.Strength),
            SteeringMethod.Clamp clamp => clamp.Value - f,
            SteeringMethod.ClampActive clamp => where(f > 0, clamp.Value - f, zeros_like(f)),
            SteeringMethod.Scale scale => f * (scale.Factor - 1),
            SteeringMethod.Ablate => -f,
            SteeringMethod.Splice splice => splice.Value - f,
            _ => throw new InvalidOperationException($"{method} is not known."),
        };
        var from = method is SteeringMethod.Splice ? reconstruction : x;
        return from + (factor is null ? change : change * factor) * row;
    }

    private static Tensor WithComponent(Tensor x, Tensor row, Func<Tensor, Tensor> wanted)
    {
        var unit = row / row.norm();
        var component = (x * unit).sum(1, keepdim: true);
        return x + (wanted(component) - component) * unit;
    }

    private static void Require(SparseAutoencoder autoencoder, int latent)
    {
        if (autoencoder.Kind.IsTranscoder)
            throw new InterpException($"Steering needs an autoencoder that reconstructs its input, and this is a {autoencoder.Kind.Name}; give another.");
        if (latent < 0 || latent >= autoencoder.Latents)
            throw new InterpException($"There is no latent {latent}; the autoencoder has 0 to {autoencoder.Latents - 1}.");
    }
}
