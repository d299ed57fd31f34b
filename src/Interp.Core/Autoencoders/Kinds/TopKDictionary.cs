using Interp.Autoencoders.Kernels;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// TopK (Gao et al. 2024): f = relu of the k largest of p = (x-b)·Eᵀ + c; loss s·mean((x̂-x)²) + AuxK. Multi-TopK, §5.2 there,
/// adds the same loss with <paramref name="MultiFactor"/>·k active latents, times <paramref name="MultiWeight"/>. With
/// <paramref name="Rescale"/> latents are ranked by p times the norm of their decoder rows (SAELens).
/// </summary>
/// <param name="MultiFactor">How many times k the second reconstruction uses; the paper has 4.</param>
/// <param name="MultiWeight">Weight of the second loss; 0: none, the paper has 1/8.</param>
/// <param name="Rescale">Rank pre-activations times decoder norms.</param>
public sealed record TopKDictionary(int MultiFactor = 4, double MultiWeight = 0, bool Rescale = false) : SaeKind
{
    /// <inheritdoc/>
    public override string Name => MultiWeight > 0 ? "multi-topk" : "topk";

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) =>
        new() { RanksByNorm = Rescale, Second = MultiWeight > 0 ? new SecondReconstruction("multi", MultiWeight, MultiFactor) : null };

    /// <inheritdoc/>
    internal override bool RanksByNorm => Rescale;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(int latents)
    {
        if (MultiFactor < 2 || MultiWeight < 0)
            yield return $"Multi-TopK with a factor of {MultiFactor} and a weight of {MultiWeight} is not possible; give a factor of 2 or more and a weight of 0 or more.";
    }

    /// <inheritdoc/>
    internal override Activations Forward(StepGraph graph)
    {
        var norm = Rescale ? graph.DecoderNorms() : null;
        var pre = norm is null ? graph.PreActivations() : graph.PreActivations() * norm;
        var latents = Largest(pre, graph.K);
        return new(pre, latents, graph.Decode(norm is null ? latents : latents / norm), norm);
    }

    /// <inheritdoc/>
    internal override IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        foreach (var term in base.Terms(graph, active, dead))
            yield return term;
        if (MultiWeight > 0)
        {
            var more = Largest(active.Pre, MultiFactor * graph.K);
            yield return new("multi", graph.Error(graph.Decode(active.Norm is null ? more : more / active.Norm)) * MultiWeight);
        }
    }

    /// <summary>relu of the k largest of each row.</summary>
    internal static Tensor Largest(Tensor pre, int k) => (pre * Selection.LargestOfRows(pre.detach(), k)).relu();
}
