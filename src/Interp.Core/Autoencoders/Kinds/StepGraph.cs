using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>A training step as a kind of dictionary sees it: the parameters as leaves of autograd, the batch, the settings.</summary>
/// <param name="Spec">The recipe.</param>
/// <param name="K">Active latents of this step.</param>
/// <param name="Sparsity">Coefficient of the sparsity penalty in this step.</param>
/// <param name="Encoder">E [M, d].</param>
/// <param name="EncoderBias">c [M].</param>
/// <param name="Decoder">D [M, d]; the encoder itself when they are tied.</param>
/// <param name="DecoderBias">b [d].</param>
/// <param name="Extra">The kind's own tensors by name.</param>
/// <param name="Tokens">The batch as it enters the encoder, and the way back.</param>
/// <param name="Raw">The batch in the model's own scale.</param>
/// <param name="Target">What is to be reconstructed, in the encoder's space: the batch, but for a transcoder.</param>
internal sealed record StepGraph(
    TrainingSpec Spec, int K, double Sparsity, Tensor Encoder, Tensor EncoderBias, Tensor Decoder, Tensor DecoderBias,
    IReadOnlyDictionary<string, Tensor> Extra, NormalisedTokens Tokens, Tensor Raw, Tensor Target)
{
    private double? scale;

    /// <summary>Tokens in the batch.</summary>
    public int Count => (int)Target.shape[0];

    /// <summary>Width d of the target.</summary>
    public int Width => (int)Target.shape[1];

    /// <summary>The factor of mean((x̂-x)²) that makes the main loss.</summary>
    public double Scale => scale ??= Spec.MseScale ?? DefaultScale(Spec.LossSpace == LossSpace.Raw ? Raw : Target);

    /// <summary>Tokens without the decoder bias, where the kind subtracts it.</summary>
    public Tensor Centred => Spec.Kind.SubtractsBias ? Tokens.Values - DecoderBias : Tokens.Values;

    /// <summary>u·Eᵀ, without bias.</summary>
    public Tensor Product() => Centred.mm(Encoder.t());

    /// <summary>u·Eᵀ + c.</summary>
    public Tensor PreActivations() => Product() + EncoderBias;

    /// <summary>f·D + b.</summary>
    public Tensor Decode(Tensor latents) => latents.mm(Decoder) + DecoderBias;

    /// <summary>Norm of each decoder row, which autograd follows.</summary>
    public Tensor DecoderNorms() => Decoder.norm(1, keepdim: false, p: 2);

    /// <summary>The scaled mean squared error of a reconstruction, in the space that the spec names.</summary>
    public Tensor Error(Tensor reconstruction) => Remainder(reconstruction).square().mean() * Scale;

    /// <summary>x - x̂ in the space of the loss.</summary>
    public Tensor Remainder(Tensor reconstruction) =>
        Spec.LossSpace == LossSpace.Raw ? Raw - Undo(reconstruction) : Target - reconstruction;

    /// <summary>A reconstruction in the space of the loss.</summary>
    public Tensor ToLossSpace(Tensor reconstruction) => Spec.LossSpace == LossSpace.Raw ? Undo(reconstruction) : reconstruction;

    /// <summary>A sum over latents, mean over the batch.</summary>
    public static Tensor MeanOverRows(Tensor perLatent) => perLatent.sum(1).mean();

    /// <summary>The value of <paramref name="value"/> with the gradient <paramref name="slope"/> by <paramref name="argument"/>: a surrogate gradient.</summary>
    public static Tensor Surrogate(Tensor value, Tensor argument, Tensor slope) => value + (argument - argument.detach()) * slope.detach();

    private double DefaultScale(Tensor target) =>
        Spec.Kind.DefaultScale((target - target.mean([0])).square().sum(type: ScalarType.Float64).ToDouble(), target.numel(), Width);

    private Tensor Undo(Tensor reconstruction)
    {
        var scaled = Tokens.Factor is null ? reconstruction : reconstruction * Tokens.Factor;
        return Tokens.Offset is null ? scaled : scaled + Tokens.Offset;
    }
}
