using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>The weights of a norm.</summary>
/// <param name="Weight">[width].</param>
/// <param name="Bias">[width] of a LayerNorm, else null.</param>
internal sealed record NormWeights(Tensor Weight, Tensor? Bias)
{
    /// <summary>The tensors <c>name.weight</c> and, of a LayerNorm, <c>name.bias</c>.</summary>
    public static NormWeights Read(IWeightSource weights, ModelConfig config, string name, long width) =>
        new(weights.Get($"{name}.weight", width), config.Norm == NormKind.Layer ? weights.Get($"{name}.bias", width) : null);
}

/// <summary>The norms of a model: statistics in float32 at least.</summary>
internal static class Norm
{
    /// <summary>[..., width] normalised over the last dimension, in the precision of <paramref name="x"/>.</summary>
    /// <param name="config">Kind and epsilon.</param>
    /// <param name="weights">Weight and bias.</param>
    /// <param name="x">What is normalised.</param>
    /// <param name="passScale">Sees, and may replace, the divisor [..., 1]; null for nobody.</param>
    public static Tensor Apply(ModelConfig config, NormWeights weights, Tensor x, Func<Tensor, Tensor>? passScale = null)
    {
        if (passScale is null && config.Norm != NormKind.Layer && FusedRows.Serve(x, weights.Weight))
            return FusedRows.RmsNorm(x, weights.Weight, config.NormEpsilon, config.Norm == NormKind.RmsPlusOne ? 1 : 0);
        var centred = Centred(config, x);
        var scale = Scale(config, centred);
        var unit = centred / (passScale is null ? scale : passScale(scale));
        return config.Norm switch
        {
            NormKind.Rms => unit.to(x.dtype).mul(weights.Weight),
            NormKind.RmsPlusOne => unit.mul(Wide(weights.Weight) + 1).to(x.dtype),
            _ => unit.mul(Wide(weights.Weight)).add(Wide(weights.Bias!)).to(x.dtype),
        };
    }

    /// <summary>
    /// What a part [..., width] of a sum <paramref name="whole"/> [..., width] contributes to the norm of the sum, when the divisor stays that of
    /// the sum: the parts' contributions add up to the norm less its bias.
    /// </summary>
    public static Tensor Share(ModelConfig config, NormWeights weights, Tensor part, Tensor whole) =>
        Undivided(config, weights, part) / Scale(config, Centred(config, whole));

    /// <summary>A part [..., width] through the norm's weights, its mean taken away where the norm does so, and not divided.</summary>
    public static Tensor Undivided(ModelConfig config, NormWeights weights, Tensor part)
    {
        var weight = Wide(weights.Weight);
        return Centred(config, part) * (config.Norm == NormKind.RmsPlusOne ? weight + 1 : weight);
    }

    private static Tensor Centred(ModelConfig config, Tensor x)
    {
        var wide = Wide(x);
        return config.Norm == NormKind.Layer ? wide - wide.mean([-1], keepdim: true) : wide;
    }

    private static Tensor Scale(ModelConfig config, Tensor centred) => centred.square().mean([-1], keepdim: true).add(config.NormEpsilon).sqrt();

    private static Tensor Wide(Tensor x) => x.dtype == ScalarType.BFloat16 ? x.to(ScalarType.Float32) : x;
}
