using Interp.Autoencoders.Kernels;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Matryoshka BatchTopK (Bussmann et al. 2025): the selection of BatchTopK; besides the whole dictionary, each prefix of it has to
/// reconstruct the input with its own active latents alone. Loss: s·mean((x̂-x)²) + Σ over the prefixes of the same + AuxK.
/// </summary>
/// <param name="Prefixes">Sizes of the prefixes, increasing; the whole dictionary need not be listed.</param>
/// <param name="Rescale">As <see cref="BatchTopKDictionary"/>.</param>
/// <param name="ThresholdRate">As <see cref="BatchTopKDictionary"/>.</param>
public sealed record MatryoshkaDictionary(IReadOnlyList<int> Prefixes, bool Rescale = false, double ThresholdRate = 0.01)
    : BatchTopKDictionary(Rescale, ThresholdRate)
{
    /// <inheritdoc/>
    public override string Name => "matryoshka";

    /// <inheritdoc/>
    public override IEnumerable<string> Problems(int latents)
    {
        foreach (var problem in base.Problems(latents))
            yield return problem;
        if (Prefixes.Count == 0 || Prefixes[0] < 1 || Prefixes[^1] > latents || Prefixes.Zip(Prefixes.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return $"The prefixes {string.Join(", ", Prefixes)} do not grow from 1 to at most {latents} latents; list increasing sizes.";
    }

    /// <summary>Equality by content, the list included.</summary>
    public bool Equals(MatryoshkaDictionary? other) => base.Equals(other) && Prefixes.SequenceEqual(other.Prefixes);

    /// <inheritdoc/>
    public override int GetHashCode() => Prefixes.Aggregate(base.GetHashCode(), HashCode.Combine);

    /// <inheritdoc/>
    internal override StepRule<T>? Rule<T>(int latents) => new() { Support = Support.LargestOfBatch, RanksByNorm = Rescale, Prefixes = [.. Prefixes.Where(size => size < latents)] };

    /// <inheritdoc/>
    internal override IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        foreach (var term in base.Terms(graph, active, dead))
            yield return term;
        var codes = active.Norm is null ? active.Latents : active.Latents / active.Norm;
        foreach (var width in Prefixes.Where(width => width < graph.Spec.Latents))
            yield return new($"prefix_{width}", graph.Error(codes.narrow(1, 0, width).mm(graph.Decoder.narrow(0, 0, width)) + graph.DecoderBias));
    }
}
