using Interp.Autoencoders.Kernels;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// BatchTopK (Bussmann, Leask &amp; Nanda 2024): the int(k·n) largest pre-activations of a whole batch of n tokens are active, so
/// that k holds on average; loss as TopK. With <paramref name="Rescale"/> pre-activations are compared after multiplication by
/// the norm of their decoder rows (SAELens). Outside training a latent is active above one threshold for all latents, the
/// running mean of the smallest active value of a batch, or what <see cref="ThresholdCalibration"/> finds.
/// </summary>
/// <param name="Rescale">Compare pre-activations times decoder norms.</param>
/// <param name="ThresholdRate">Weight of a new batch in the running threshold.</param>
public record BatchTopKDictionary(bool Rescale = false, double ThresholdRate = 0.01) : SaeKind
{
    internal const string Threshold = "topk_threshold";

    /// <inheritdoc/>
    public override string Name => "batchtopk";

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(int latents)
    {
        if (!(ThresholdRate is > 0 and <= 1))
            yield return $"The threshold moves by {ThresholdRate} of a batch's; give a fraction above 0 and at most 1.";
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<ExtraTensor> Extras => [new(Threshold, (_, _, _) => [1], IsTrained: false)];

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var norm = Rescale ? graph.DecoderNorms() : null;
        var pre = norm is null ? graph.PreActivations() : graph.PreActivations() * norm;
        var latents = (pre * Selection.LargestOfAll(pre.detach(), (long)graph.K * graph.Count)).relu();
        return new(pre, latents, graph.Decode(norm is null ? latents : latents / norm), norm);
    }

    /// <inheritdoc/>
    internal override void Observe(TrainerState state, double smallest) =>
        state.Extra(Threshold).mul_(1 - ThresholdRate).add_(smallest, alpha: ThresholdRate);

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new() { Support = Support.LargestOfBatch, RanksByNorm = Rescale };

    /// <inheritdoc/>
    internal override LatentGate Gate(SparseAutoencoder autoencoder)
    {
        var threshold = autoencoder.Extras[Threshold].clamp_min(0);
        if (!Rescale)
            return new(threshold.expand(autoencoder.Latents));
        var norm = autoencoder.DecoderWeight.norm(1, keepdim: false, p: 2);
        return new((threshold / norm).nan_to_num(0));
    }
}
