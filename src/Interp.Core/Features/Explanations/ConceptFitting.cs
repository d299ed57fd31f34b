using Interp.Autoencoders;
using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// Counts how labels and firings meet: for each concept and latent the labelled tokens on which the latent reaches each of some shares of its
/// maximum. The share is then chosen on some texts and the F1 measured on others.
/// </summary>
/// <param name="concepts">Number of concepts.</param>
/// <param name="max">Largest value of each latent.</param>
public sealed class ConceptFitting(int concepts, IReadOnlyList<float> max)
{
    /// <summary>The shares of the maximum that are tried; from the first on every firing counts.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

    private readonly long[] positives = new long[concepts];
    private readonly long[] fired = new long[max.Count * Shares.Count];
    private readonly Dictionary<int, long[]>[] both = [.. Enumerable.Range(0, concepts).Select(_ => new Dictionary<int, long[]>())];

    /// <summary>Adds the tokens of a text.</summary>
    /// <param name="labels">[concept][token]: whether the concept holds.</param>
    /// <param name="latents">Latents of the tokens [n, k].</param>
    public void Add(bool[][] labels, SparseLatents latents)
    {
        var index = TensorMemory.Span<long>(latents.Indices);
        var value = TensorMemory.Span<float>(latents.Values);
        var (tokens, k) = (latents.Count, latents.K);
        for (var token = 0; token < tokens; token++)
        {
            int[] holding = [.. Enumerable.Range(0, concepts).Where(concept => labels[concept][token])];
            foreach (var concept in holding)
                positives[concept]++;
            for (var i = token * k; i < (token + 1) * k; i++)
            {
                if (value[i] > 0 && max[(int)index[i]] > 0)
                    Add(holding, (int)index[i], value[i] / max[(int)index[i]]);
            }
        }
    }

    /// <summary>F1, precision and recall of a latent for a concept at a share, by its number.</summary>
    public (double F1, double Precision, double Recall) Measure(int concept, int latent, int share)
    {
        var right = both[concept].TryGetValue(latent, out var counts) ? counts[share] : 0;
        var picked = fired[latent * Shares.Count + share];
        return right == 0 ? default : (2.0 * right / (picked + positives[concept]), (double)right / picked, (double)right / positives[concept]);
    }

    /// <summary>The latents that fire on a concept at all, each with the share that gives the largest F1, ties by the lower share.</summary>
    public IEnumerable<(int Latent, int Share, double F1)> Candidates(int concept) =>
        both[concept].Keys.Order().Select(latent => Enumerable.Range(0, Shares.Count).Select(share => (latent, share, Measure(concept, latent, share).F1)).MaxBy(found => found.F1));

    /// <summary>Tokens on which a concept holds.</summary>
    public long Positives(int concept) => positives[concept];

    /// <summary>Per latent the concept that it fits best on the texts it was chosen on, measured on others; null where it fits none.</summary>
    /// <param name="names">Names of the concepts.</param>
    /// <param name="chosenOn">Texts on which concept and share are chosen.</param>
    /// <param name="measuredOn">Other texts.</param>
    public static ConceptFit?[] Best(IReadOnlyList<string> names, ConceptFitting chosenOn, ConceptFitting measuredOn)
    {
        var best = new (int Concept, int Share, double F1)[chosenOn.fired.Length / Shares.Count];
        for (var concept = 0; concept < names.Count; concept++)
        {
            foreach (var (latent, share, f1) in chosenOn.Candidates(concept))
            {
                if (f1 > best[latent].F1)
                    best[latent] = (concept, share, f1);
            }
        }
        return [.. best.Select((found, latent) =>
        {
            if (found.F1 == 0)
                return null;
            var (f1, precision, recall) = measuredOn.Measure(found.Concept, latent, found.Share);
            return new ConceptFit(names[found.Concept], f1, precision, recall, Shares[found.Share]);
        })];
    }

    private void Add(int[] holding, int latent, float share)
    {
        var reached = 0;
        while (reached < Shares.Count && share >= Shares[reached])
            reached++;
        for (var i = 0; i < reached; i++)
            fired[latent * Shares.Count + i]++;
        foreach (var concept in holding)
        {
            if (!both[concept].TryGetValue(latent, out var counts))
                both[concept].Add(latent, counts = new long[Shares.Count]);
            for (var i = 0; i < reached; i++)
                counts[i]++;
        }
    }
}
