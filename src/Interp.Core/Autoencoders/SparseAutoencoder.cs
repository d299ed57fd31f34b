using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// A sparse autoencoder: x' = normalise(x); p = (x' - b_dec)·Eᵀ + b_enc; f = the k largest p, after a ReLU, ties to the lower
/// index, or what its <see cref="Kind"/> makes of p; x̂ = undo(f·D + b_dec).
/// </summary>
public sealed class SparseAutoencoder : IDisposable
{
    private readonly ISaeCodec codec;

    /// <summary>Takes ownership of the tensors, all of one precision and on one device.</summary>
    /// <param name="encoderWeight">E [M, d], a latent per row.</param>
    /// <param name="encoderBias">b_enc [M].</param>
    /// <param name="decoderWeight">D [M, d], a direction per row; the same object as E for a tied autoencoder.</param>
    /// <param name="decoderBias">b_dec [d].</param>
    /// <param name="k">The target K.</param>
    /// <param name="transform">Input normalisation.</param>
    /// <param name="kind">The kind of dictionary; null: TopK.</param>
    /// <param name="extras">The kind's own tensors by name.</param>
    /// <param name="subtractDecoderBias">Whether b_dec is subtracted before the encoder; null: as the kind does.</param>
    public SparseAutoencoder(Tensor encoderWeight, Tensor encoderBias, Tensor decoderWeight, Tensor decoderBias, int k, InputTransform transform,
        SaeKind? kind = null, IReadOnlyDictionary<string, Tensor>? extras = null, bool? subtractDecoderBias = null)
    {
        Kind = kind ?? SaeKind.TopK;
        Extras = Kind.Extras.ToDictionary(extra => extra.Name, extra => extras is not null && extras.TryGetValue(extra.Name, out var tensor)
            ? tensor.DetachFromDisposeScope()
            : full(extra.Shape((int)encoderWeight.shape[0], (int)encoderWeight.shape[1], (int)decoderWeight.shape[1]), extra.Start, dtype: encoderWeight.dtype, device: encoderWeight.device).DetachFromDisposeScope());
        EncoderWeight = encoderWeight.DetachFromDisposeScope();
        EncoderBias = encoderBias.DetachFromDisposeScope();
        DecoderWeight = decoderWeight.DetachFromDisposeScope();
        DecoderBias = decoderBias.DetachFromDisposeScope();
        if (k < 1 || k > Latents)
            throw new InterpException($"K is {k}, but the dictionary has {Latents} latents; give a K from 1 to {Latents}.");
        K = k;
        Transform = transform;
        SubtractDecoderBias = subtractDecoderBias ?? Kind.SubtractsBias;
        codec = Device.type != TorchSharp.DeviceType.CPU ? new AtenCodec()
            : Precision == ScalarType.Float32 ? new CpuCodec<float>()
            : Precision == ScalarType.Float64 ? new CpuCodec<double>()
            : new AtenCodec();
    }

    /// <summary>E [M, d].</summary>
    public Tensor EncoderWeight { get; }

    /// <summary>b_enc [M].</summary>
    public Tensor EncoderBias { get; }

    /// <summary>D [M, d].</summary>
    public Tensor DecoderWeight { get; }

    /// <summary>b_dec [d].</summary>
    public Tensor DecoderBias { get; }

    /// <summary>How latents become active.</summary>
    public SaeKind Kind { get; }

    /// <summary>The kind's own tensors by name, such as thresholds [M].</summary>
    public IReadOnlyDictionary<string, Tensor> Extras { get; }

    /// <summary>Number of active latents per token that the autoencoder is made for; without meaning for kinds without a K.</summary>
    public int K { get; }

    /// <summary>Input normalisation.</summary>
    public InputTransform Transform { get; }

    /// <summary>Whether b_dec is subtracted before the encoder.</summary>
    public bool SubtractDecoderBias { get; }

    /// <summary>Whether encoder and decoder are one tensor.</summary>
    public bool Tied => ReferenceEquals(EncoderWeight, DecoderWeight);

    /// <summary>Number of latents M.</summary>
    public int Latents => (int)EncoderWeight.shape[0];

    /// <summary>Width d of a token.</summary>
    public int Width => (int)EncoderWeight.shape[1];

    /// <summary>Width of what is reconstructed: d, but for a transcoder.</summary>
    public int OutputWidth => (int)DecoderWeight.shape[1];

    /// <summary>Where the weights are.</summary>
    public Device Device => EncoderWeight.device;

    /// <summary>Element type of the weights.</summary>
    public ScalarType Precision => EncoderWeight.dtype;

    /// <summary>The active latents of tokens.</summary>
    /// <param name="x">[n, d], any floating type, any device, in the model's own scale.</param>
    /// <param name="k">Another number of active latents than <see cref="K"/>, as while a K schedule runs.</param>
    public SparseLatents Encode(Tensor x, int? k = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return MoveOut(EncodeNormalised(Normalise(x).Values, k ?? K));
    }

    /// <summary>f·D + b_dec [n, d], in the encoder's space.</summary>
    public Tensor Decode(SparseLatents latents)
    {
        using var noGradient = no_grad();
        return codec.Decode(latents, DecoderWeight, DecoderBias);
    }

    /// <summary>What the autoencoder makes of tokens [n, d], in their own scale.</summary>
    public Tensor Reconstruct(Tensor x, int? k = null)
    {
        var (latents, reconstruction) = Run(x, k);
        latents.Dispose();
        return reconstruction;
    }

    /// <summary>Latents and reconstruction (in the tokens' own scale, of the autoencoder's precision) of tokens [n, d].</summary>
    public (SparseLatents Latents, Tensor Reconstruction) Run(Tensor x, int? k = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tokens = Normalise(x);
        var latents = EncodeNormalised(tokens.Values, k ?? K);
        var decoded = Kind.Finish(this, tokens.Values, codec.Decode(latents, DecoderWeight, DecoderBias));
        var reconstruction = Kind.IsTranscoder ? decoded : tokens.Undo(decoded);
        return (MoveOut(latents), reconstruction.MoveToOuterDisposeScope());
    }

    /// <summary>x̂ of tokens as they enter the encoder [n, d], in the encoder's space.</summary>
    internal Tensor DecodeNormalised(Tensor x, int k)
    {
        using var latents = EncodeNormalised(x, k);
        return codec.Decode(latents, DecoderWeight, DecoderBias);
    }

    /// <summary>Tokens as they enter the encoder.</summary>
    public NormalisedTokens Normalise(Tensor x)
    {
        if (x.dim() != 2 || x.shape[1] != Width)
            throw new InterpException($"Tokens of shape [{string.Join(", ", x.shape)}] do not fit the autoencoder, which takes [n, {Width}]; use activations of the hook it was trained on.");
        return Transform.Apply(x.to(Precision, Device));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        codec.Dispose();
        Transform.Dispose();
        EncoderWeight.Dispose();
        EncoderBias.Dispose();
        DecoderWeight.Dispose();
        DecoderBias.Dispose();
        foreach (var extra in Extras.Values)
            extra.Dispose();
    }

    private SparseLatents EncodeNormalised(Tensor x, int k)
    {
        var u = SubtractDecoderBias ? x - DecoderBias : x.contiguous();
        return Kind.Gate(this) is { } gate
            ? GatedEncoder.Encode(u, EncoderWeight, EncoderBias, gate)
            : Kind.RanksByNorm ? EncodeByNorm(u, Math.Min(k, Latents))
            : codec.Encode(u, EncoderWeight, EncoderBias, Math.Min(k, Latents));
    }

    private SparseLatents EncodeByNorm(Tensor u, int k)
    {
        var norm = DecoderWeight.norm(1, keepdim: true, p: 2);
        var (indices, values) = codec.Encode(u, EncoderWeight * norm, EncoderBias * norm.squeeze(1), k);
        return new SparseLatents(indices, values / norm.squeeze(1).index_select(0, indices.view(-1)).view_as(values));
    }

    private static SparseLatents MoveOut(SparseLatents latents)
    {
        latents.Indices.MoveToOuterDisposeScope();
        latents.Values.MoveToOuterDisposeScope();
        return latents;
    }
}
