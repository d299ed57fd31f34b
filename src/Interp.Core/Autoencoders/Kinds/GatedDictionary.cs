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
    internal override double DefaultScale(Tensor target) => target.shape[1];

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
}
