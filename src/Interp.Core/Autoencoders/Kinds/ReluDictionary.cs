using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// ReLU with an L1 penalty weighted by the decoder's norms (Anthropic, April 2024): f = relu((x-b)·Eᵀ + c); loss: mean over tokens
/// of ‖x̂-x‖² + λ·mean over tokens of Σ f·‖D‖, where λ warms up. Decoder rows are free, since the penalty holds their norm.
/// </summary>
public sealed record ReluDictionary : SaeKind
{
    /// <inheritdoc/>
    public override string Name => "relu";

    /// <inheritdoc/>
    public override bool UsesK => false;

    /// <inheritdoc/>
    internal override double DefaultScale(Tensor target) => target.shape[1];

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var pre = graph.PreActivations();
        var latents = pre.relu();
        return new(pre, latents, graph.Decode(latents));
    }

    /// <inheritdoc/>
    internal override IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        foreach (var term in base.Terms(graph, active, dead))
            yield return term;
        yield return new(LossTerm.Sparsity, StepGraph.MeanOverRows(active.Latents * graph.DecoderNorms()) * graph.Sparsity);
    }

    /// <inheritdoc/>
    internal override LatentGate Gate(SparseAutoencoder autoencoder) => new(zeros_like(autoencoder.EncoderBias));
}
