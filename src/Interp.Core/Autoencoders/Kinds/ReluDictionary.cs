using System.Numerics;
using Interp.Autoencoders.Kernels;
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
    internal override double DefaultScale(double variance, long numbers, int width) => width;

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new Step<T>();

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

    /// <summary>dL/dp = dL/df + λ/n·‖D‖, and λ/n·f for ‖D‖.</summary>
    private sealed unsafe class Step<T> : StepRule<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public Step() => Support = Support.AboveFloor;

        public override bool NeedsNorms => true;

        public override int SumCount => LatentSums<T>.FirstExtra;

        public override void Chain(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums)
        {
            var norm = sums.At(LatentSums<T>.Norm);
            for (var s = 0; s < count; s++)
            {
                var j = latents[s];
                products[s] = products[s] * scale + Penalty * Norms[j];
                norm[j] += double.CreateChecked(Penalty * pre[s]);
                *sums.Penalty += double.CreateChecked(pre[s] * Norms[j]);
            }
        }
    }
}
