using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>What happens to a token before the encoder and is undone after the decoder.</summary>
public enum InputNormalisation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One factor for all tokens, √(d / mean ‖x‖²), so that the mean squared norm is the width d.</summary>
    DatasetScale,

    /// <summary>The data's mean μ is subtracted, then one factor √(d / mean ‖x-μ‖²).</summary>
    Centred,

    /// <summary>Per token (x - mean) / (std + 1e-5), std with d-1; the output is y·std + mean (Gao et al., SAELens <c>layer_norm</c>).</summary>
    PerTokenLayerNorm,

    /// <summary>Per token x·√d / ‖x‖ (SAELens <c>constant_norm_rescale</c>).</summary>
    PerTokenNorm,
}

/// <summary>An input normalisation with the numbers that the data gave it.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Centre">What is subtracted, [d]; null: nothing. Owned by this value.</param>
/// <param name="Scale">The factor for all tokens.</param>
public sealed record InputTransform(InputNormalisation Kind, Tensor? Centre = null, double Scale = 1) : IDisposable
{
    private const double Epsilon = 1e-5;

    /// <summary>No normalisation.</summary>
    public static InputTransform None { get; } = new(InputNormalisation.None);

    /// <summary>The normalisation of a kind for data of which <paramref name="sample"/> [n, d] is a sample.</summary>
    public static InputTransform Fit(InputNormalisation kind, Tensor sample)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        if (kind is not (InputNormalisation.DatasetScale or InputNormalisation.Centred))
            return new InputTransform(kind);
        var mean = kind == InputNormalisation.Centred ? sample.mean([0], type: ScalarType.Float64).to(sample.dtype) : null;
        var squares = (mean is null ? sample : sample - mean).square().sum(1).mean([0], type: ScalarType.Float64).ToDouble();
        var scale = squares > 0 ? Math.Sqrt(sample.shape[1] / squares) : 1;
        return new InputTransform(kind, mean?.clone().DetachFromDisposeScope(), scale);
    }

    /// <summary>Normalises tokens [n, d].</summary>
    public NormalisedTokens Apply(Tensor x)
    {
        switch (Kind)
        {
            case InputNormalisation.PerTokenLayerNorm:
                {
                    var mean = x.mean([1], keepdim: true);
                    var deviation = x.std(1, unbiased: true, keepdim: true);
                    return new((x - mean).div_(deviation + Epsilon), mean, deviation);
                }
            case InputNormalisation.PerTokenNorm:
                {
                    var factor = x.norm(1, keepdim: true, p: 2) / Math.Sqrt(x.shape[1]);
                    return new(x / factor, null, factor);
                }
            default:
                var values = Centre is null ? x : x - Centre;
                return Scale == 1 ? new(values, Centre, null)
                    : new(values * Scale, Centre, full(1, 1 / Scale, dtype: x.dtype, device: x.device));
        }
    }

    /// <summary>Equality by content, the centre included.</summary>
    public bool Equals(InputTransform? other) =>
        other is not null && Kind == other.Kind && Scale.Equals(other.Scale)
        && (Centre is null ? other.Centre is null : other.Centre is not null && SameNumbers(Centre, other.Centre));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Scale);

    /// <inheritdoc/>
    public void Dispose() => Centre?.Dispose();

    private static bool SameNumbers(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return a.eq(b).all().ToBoolean();
    }
}

/// <summary>Normalised tokens and how to go back: y · Factor + Offset.</summary>
/// <param name="Values">The tokens as the encoder reads them [n, d].</param>
/// <param name="Offset">[d], or [n, 1] where it is each token's own; null: 0.</param>
/// <param name="Factor">[1], or [n, 1] where it is each token's own; null: 1.</param>
public readonly record struct NormalisedTokens(Tensor Values, Tensor? Offset, Tensor? Factor)
{
    /// <summary>Brings what the decoder gave, which is overwritten, to the tokens' own scale.</summary>
    public Tensor Undo(Tensor reconstruction)
    {
        if (Factor is not null)
            reconstruction.mul_(Factor);
        if (Offset is not null)
            reconstruction.add_(Offset);
        return reconstruction;
    }
}
