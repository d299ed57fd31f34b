using System.Numerics;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>How a JumpReLU dictionary is made sparse.</summary>
public enum JumpPenalty
{
    /// <summary>λ·mean over tokens of the number of active latents (Rajamanoharan et al. 2024b, Gemma Scope).</summary>
    L0,

    /// <summary>λ·mean over tokens of Σ tanh(scale·f·‖D‖) (Anthropic, January 2025).</summary>
    Tanh,
}

/// <summary>
/// JumpReLU: f = p where p &gt; θ, with a trained threshold θ ≥ 0 per latent. Since the jump has no gradient, θ receives
/// -(θ/ε)·rect((p-θ)/ε) from f and -(1/ε)·rect((p-θ)/ε) from the count, rect(v) = 1 for |v| &lt; 1/2 (Rajamanoharan et al. 2024b,
/// eq. 11-12); with <paramref name="StraightThrough"/> p receives the negative of the former as well (Anthropic). Loss:
/// mean over tokens of ‖x̂-x‖² + the penalty + <paramref name="PreActivation"/>·mean over tokens of Σ over dead latents of
/// relu(θ-p)·‖D‖, which pulls dead latents back.
/// </summary>
/// <param name="Penalty">Which penalty; its coefficient and warm-up are <see cref="TrainingSpec.Sparsity"/>.</param>
/// <param name="Threshold">Start of θ.</param>
/// <param name="Bandwidth">ε, in units of pre-activations.</param>
/// <param name="TanhScale">Scale of the tanh penalty.</param>
/// <param name="StraightThrough">Whether the pre-activation gets a gradient across the jump.</param>
/// <param name="PreActivation">Coefficient of the pre-activation loss; 0: none.</param>
public sealed record JumpReluDictionary(
    JumpPenalty Penalty = JumpPenalty.L0, double Threshold = 0.1, double Bandwidth = 0.25, double TanhScale = 4, bool StraightThrough = false, double PreActivation = 0) : SaeKind
{
    private const string Thresholds = "threshold";

    /// <inheritdoc/>
    public override string Name => Penalty == JumpPenalty.Tanh ? "jumprelu-tanh" : "jumprelu";

    /// <inheritdoc/>
    public override bool UsesK => false;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(int latents)
    {
        if (!(Threshold >= 0) || !(Bandwidth > 0) || !(PreActivation >= 0))
            yield return $"JumpReLU starts with a threshold of {Threshold}, a bandwidth of {Bandwidth} and a pre-activation loss of {PreActivation}; give 0 or more, above 0, 0 or more.";
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<ExtraTensor> Extras => [ExtraTensor.PerLatent(Thresholds, Threshold)];

    /// <inheritdoc/>
    internal override double DefaultScale(double variance, long numbers, int width) => width;

    /// <inheritdoc/>
    internal override void Constrain(TrainerState state) => state.Extra(Thresholds).clamp_min_(0);

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new Step<T>(this);

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var pre = graph.PreActivations();
        var (threshold, slope) = (graph.Extra[Thresholds], Slope(graph, pre));
        var latents = StepGraph.Surrogate(pre * Above(graph, pre), threshold, -slope);
        if (StraightThrough)
            latents = StepGraph.Surrogate(latents, pre, slope);
        return new(pre, latents, graph.Decode(latents));
    }

    /// <inheritdoc/>
    internal override IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        foreach (var term in base.Terms(graph, active, dead))
            yield return term;
        var threshold = graph.Extra[Thresholds];
        var perLatent = Penalty == JumpPenalty.Tanh
            ? (active.Latents * graph.DecoderNorms() * TanhScale).tanh()
            : StepGraph.Surrogate(Above(graph, active.Pre), threshold, Near(graph, active.Pre) / -Bandwidth);
        yield return new(LossTerm.Sparsity, StepGraph.MeanOverRows(perLatent) * graph.Sparsity);
        if (PreActivation > 0 && dead.any().ToBoolean())
            yield return new(LossTerm.PreActivation, StepGraph.MeanOverRows((threshold - active.Pre).relu() * graph.DecoderNorms() * dead) * PreActivation);
    }

    /// <inheritdoc/>
    internal override LatentGate Gate(SparseAutoencoder autoencoder) => new(autoencoder.Extras[Thresholds].clamp_min(0));

    private static Tensor Above(StepGraph graph, Tensor pre) => (pre.detach() > graph.Extra[Thresholds].detach()).to(pre.dtype);

    /// <summary>rect((p-θ)/ε).</summary>
    private Tensor Near(StepGraph graph, Tensor pre) =>
        (((pre.detach() - graph.Extra[Thresholds].detach()) / Bandwidth).abs() < 0.5).to(pre.dtype);

    /// <summary>(θ/ε)·rect((p-θ)/ε).</summary>
    private Tensor Slope(StepGraph graph, Tensor pre) => Near(graph, pre) * (graph.Extra[Thresholds].detach() / Bandwidth);

    /// <summary>Entries are what is active and what is near its threshold, where θ receives its surrogate gradients.</summary>
    private sealed unsafe class Step<T> : StepRule<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly JumpReluDictionary kind;
        private readonly T bandwidth;
        private T* thresholds;

        public Step(JumpReluDictionary kind)
        {
            (this.kind, bandwidth) = (kind, T.CreateChecked(kind.Bandwidth));
            Support = Support.AboveFloor;
        }

        public override bool MapsValues => true;

        public override bool NeedsNorms => kind.Penalty == JumpPenalty.Tanh || kind.PreActivation > 0;

        public override int SumCount => LatentSums<T>.FirstExtra + 1;

        public override double PreActivation => kind.PreActivation;

        public override T Threshold(int latent) => thresholds[latent];

        public override void Begin(TrainerState state, double sparsity, int tokens)
        {
            base.Begin(state, sparsity, tokens);
            thresholds = TensorMemory.Pointer<T>(state.Extra(Thresholds));
        }

        /// <summary>Half a bandwidth below the thresholds, and a little more for rounding.</summary>
        public override void Floors(T* floors, int latents)
        {
            for (var j = 0; j < latents; j++)
                floors[j] = thresholds[j] - bandwidth * T.CreateChecked(0.5) - (thresholds[j] + bandwidth) * T.CreateChecked(1e-5);
        }

        public override void Values(int count, int* latents, T* pre, T* values)
        {
            for (var s = 0; s < count; s++)
                values[s] = pre[s] > thresholds[latents[s]] ? pre[s] : T.Zero;
        }

        public override void Chain(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums)
        {
            var byThreshold = sums.At(LatentSums<T>.FirstExtra);
            var half = T.CreateChecked(0.5);
            for (var s = 0; s < count; s++)
            {
                var (j, threshold) = (latents[s], thresholds[latents[s]]);
                var isActive = pre[s] > threshold;
                var isNear = T.Abs((pre[s] - threshold) / bandwidth) < half;
                var slope = isNear ? threshold / bandwidth : T.Zero;
                var byValue = products[s] * scale;
                if (kind.Penalty == JumpPenalty.Tanh)
                    byValue += BySparsity(j, isActive ? pre[s] : T.Zero, sums);
                else
                {
                    *sums.Penalty += isActive ? 1 : 0;
                    byThreshold[j] -= isNear ? double.CreateChecked(Penalty / bandwidth) : 0;
                }
                byThreshold[j] -= double.CreateChecked(slope * byValue);
                products[s] = (isActive ? byValue : T.Zero) + (kind.StraightThrough ? slope * byValue : T.Zero);
            }
        }

        /// <summary>The derivative of λ/n·tanh(scale·f·‖D‖) by f; that by ‖D‖ goes to the sums.</summary>
        private T BySparsity(int j, T value, in LatentSums<T>.Part sums)
        {
            var scale = T.CreateChecked(kind.TanhScale);
            var squashed = T.Tanh(value * Norms[j] * scale);
            var slope = Penalty * scale * (T.One - squashed * squashed);
            sums.At(LatentSums<T>.Norm)[j] += double.CreateChecked(slope * value);
            *sums.Penalty += double.CreateChecked(squashed);
            return slope * Norms[j];
        }
    }
}
