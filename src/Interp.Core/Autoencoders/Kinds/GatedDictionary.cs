using System.Numerics;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Gated (Rajamanoharan et al. 2024a): with u = x - b and a gate g = u·E + c, f = relu(u·E·exp(r) + m) where g &gt; 0. Loss: mean over
/// tokens of ‖x̂-x‖² + λ·mean over tokens of Σ relu(g)·‖D‖ + mean over tokens of ‖relu(g)·D + b - x‖², by which the gate learns;
/// nothing is detached (as SAELens has it; the paper holds the decoder still in the last term).
/// </summary>
public sealed record GatedDictionary : SaeKind
{
    private const string LogScale = "r_mag";
    private const string Bias = "b_mag";

    /// <inheritdoc/>
    public override string Name => "gated";

    /// <inheritdoc/>
    public override bool UsesK => false;

    /// <inheritdoc/>
    internal override IReadOnlyList<ExtraTensor> Extras => [ExtraTensor.PerLatent(LogScale), ExtraTensor.PerLatent(Bias)];

    /// <inheritdoc/>
    internal override double DefaultScale(double variance, long numbers, int width) => width;

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new Step<T>();

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var product = graph.Product();
        var gate = product + graph.EncoderBias;
        var magnitude = (product * graph.Extra[LogScale].exp() + graph.Extra[Bias]).relu();
        var latents = magnitude * (gate.detach() > 0).to(gate.dtype);
        return new(gate, latents, graph.Decode(latents));
    }

    /// <inheritdoc/>
    internal override IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        var open = active.Pre.relu();
        foreach (var term in base.Terms(graph, active, dead))
            yield return term;
        yield return new(LossTerm.Sparsity, StepGraph.MeanOverRows(open * graph.DecoderNorms()) * graph.Sparsity);
        yield return new("gate", graph.Error(graph.Decode(open)));
    }

    /// <inheritdoc/>
    internal override LatentGate Gate(SparseAutoencoder autoencoder) =>
        new(zeros_like(autoencoder.EncoderBias), autoencoder.Extras[LogScale], autoencoder.Extras[Bias]);

    /// <summary>
    /// Entries are open gates, g &gt; 0. With q = u·E = g - c: f = relu(q·exp(r) + m) gives dq = df·exp(r), dr = df·q·exp(r) and dm = df
    /// where f &gt; 0; the gate's own reconstruction and its penalty give dg, which c receives alone and q as well.
    /// </summary>
    private sealed unsafe class Step<T> : StepRule<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private T* gateBias, logScale, bias;

        public Step() => (Support, Second) = (Support.AboveFloor, new SecondReconstruction("gate", 1));

        public override bool MapsValues => true;

        public override bool NeedsNorms => true;

        public override bool OwnsBias => true;

        public override int SumCount => LatentSums<T>.FirstExtra + 2;

        public override void Begin(TrainerState state, double sparsity, int tokens)
        {
            base.Begin(state, sparsity, tokens);
            gateBias = TensorMemory.Pointer<T>(state.EncoderBias.Value);
            logScale = TensorMemory.Pointer<T>(state.Extra(LogScale));
            bias = TensorMemory.Pointer<T>(state.Extra(Bias));
        }

        public override void Values(int count, int* latents, T* pre, T* values)
        {
            for (var s = 0; s < count; s++)
                values[s] = T.MaxNative(Magnitude(latents[s], pre[s]), T.Zero);
        }

        public override void Chain(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums)
        {
            var byLogScale = sums.At(LatentSums<T>.FirstExtra);
            var byBias = sums.At(LatentSums<T>.FirstExtra + 1);
            for (var s = 0; s < count; s++)
            {
                var j = latents[s];
                var byValue = Magnitude(j, pre[s]) > T.Zero ? products[s] * scale : T.Zero;
                products[s] = byValue * T.Exp(logScale[j]);
                byLogScale[j] += double.CreateChecked(products[s] * (pre[s] - gateBias[j]));
                byBias[j] += double.CreateChecked(byValue);
            }
        }

        public override void ChainSecond(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums)
        {
            var norm = sums.At(LatentSums<T>.Norm);
            var byGate = sums.At(LatentSums<T>.Bias);
            for (var s = 0; s < count; s++)
            {
                var j = latents[s];
                products[s] = products[s] * scale + Penalty * Norms[j];
                byGate[j] += double.CreateChecked(products[s]);
                norm[j] += double.CreateChecked(Penalty * pre[s]);
                *sums.Penalty += double.CreateChecked(pre[s] * Norms[j]);
            }
        }

        private T Magnitude(int j, T gate) => (gate - gateBias[j]) * T.Exp(logScale[j]) + bias[j];
    }
}
