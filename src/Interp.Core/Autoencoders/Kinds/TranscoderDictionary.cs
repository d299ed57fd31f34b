using Interp.Autoencoders.Kernels;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Transcoder (Dunefsky et al. 2024): reads one hook and reconstructs another, as a sparse stand-in for what lies between:
/// f = relu of the k largest of x·Eᵀ + c, ŷ = f·D + b, loss s·mean((ŷ-y)²) + AuxK. With <paramref name="Skip"/> ŷ also has x·Wᵀ, an affine
/// way past the latents (Paulo et al. 2025). The target keeps its own scale; b does not enter the encoder.
/// </summary>
/// <param name="Skip">Whether there is a skip connection, W [d', d], starting at 0.</param>
public sealed record TranscoderDictionary(bool Skip = false) : SaeKind
{
    /// <summary>Name of the skip connection's weights.</summary>
    internal const string SkipWeight = "W_skip";

    /// <inheritdoc/>
    public override string Name => Skip ? "skip-transcoder" : "transcoder";

    /// <inheritdoc/>
    public override bool IsTranscoder => true;

    /// <inheritdoc/>
    internal override IReadOnlyList<ExtraTensor> Extras => Skip ? [new(SkipWeight, (_, width, output) => [output, width])] : [];

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new() { Skip = Skip ? SkipWeight : null };

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var pre = graph.PreActivations();
        var latents = TopKDictionary.Largest(pre, graph.K);
        var decoded = graph.Decode(latents);
        return new(pre, latents, Skip ? decoded + graph.Tokens.Values.mm(graph.Extra[SkipWeight].t()) : decoded);
    }

    /// <inheritdoc/>
    internal override Tensor Finish(SparseAutoencoder autoencoder, Tensor tokens, Tensor decoded) =>
        Skip ? decoded.addmm_(tokens, autoencoder.Extras[SkipWeight].t()) : decoded;
}
