using Interp.Autoencoders;
using Interp.Core.Tests.Autoencoders;
using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class DictionaryComparisonTests
{
    private static SparseAutoencoder WithRows(float[,] rows)
    {
        var decoder = tensor(rows);
        return new SparseAutoencoder(decoder.clone(), zeros(decoder.size(0)), decoder, zeros(decoder.size(1)), 1, InputTransform.None);
    }

    /// <summary>Several pieces of the product, against all cosines in float64.</summary>
    [Fact]
    public void Best_matches_are_those_of_all_cosines()
    {
        using var scope = NewDisposeScope();
        using var a = Samples.Autoencoder(600, 12, 4, type: ScalarType.Float32);
        using var b = Samples.Autoencoder(300, 12, 4, type: ScalarType.Float32, seed: 8);
        var found = DictionaryComparison.Of(a, b, aliveA: latent => latent % 5 != 0, aliveB: latent => latent != 7);
        Tensor Unit(SparseAutoencoder sae) => sae.DecoderWeight.to(ScalarType.Float64) is var rows ? rows / rows.norm(1, keepdim: true, p: 2) : rows;
        var cosines = Unit(a).mm(Unit(b).t()).data<double>().ToArray();
        for (var i = 0; i < 600; i++)
        {
            if (i % 5 == 0)
            {
                Assert.Equal(new Neighbour(-1, 0), found.BestOfA[i]);
                continue;
            }
            var best = Enumerable.Range(0, 300).Where(j => j != 7).MaxBy(j => cosines[i * 300 + j]);
            Assert.Equal(best, found.BestOfA[i].Latent);
            Assert.Equal(cosines[i * 300 + best], found.BestOfA[i].Cosine, 1e-6);
        }
        Assert.All(Enumerable.Range(0, 300).Where(j => j != 7), j => Assert.Equal(Enumerable.Range(0, 600).Where(i => i % 5 != 0).MaxBy(i => cosines[i * 300 + j]), found.BestOfB[j].Latent));
        Assert.Equal(Enumerable.Range(0, 600).Where(i => i % 5 != 0).Average(i => Enumerable.Range(0, 300).Where(j => j != 7).Max(j => cosines[i * 300 + j])), found.MeanBestOfA, 1e-6);
        Assert.All(found.Matched, pair => Assert.True(pair.Cosine >= 0.7 && found.BestOfA[pair.A].Latent == pair.B && found.BestOfB[pair.B].Latent == pair.A));
        Assert.Equal(Enumerable.Range(0, 600).Count(i => i % 5 != 0 && found.BestOfA[i].Cosine >= 0.7 && found.BestOfB[found.BestOfA[i].Latent].Latent == i), found.Matched.Count);
        Assert.All(found.Lost, i => Assert.True(found.BestOfA[i].Cosine < 0.5 && i % 5 != 0));
    }

    [Fact]
    public void Matched_split_merged_lost_and_new_latents_are_told_apart()
    {
        using var scope = NewDisposeScope();
        // The first axis is in both, scaled; the second of A is two of B; two of A near the fifth axis are one of B; each has one that the other lacks.
        using var a = WithRows(new float[,]
        {
            { 3, 0, 0, 0, 0, 0, 0 }, { 0, 1, 0, 0, 0, 0, 0 }, { 0, 0, 0, 0.6f, 0.8f, 0, 0 }, { 0, 0, 0, -0.6f, 0.8f, 0, 0 }, { 0, 0, 0, 0, 0, 1, 0 },
        });
        using var b = WithRows(new float[,]
        {
            { 0, 0, 0, 0, 0, 0, 1 }, { 0.5f, 0, 0, 0, 0, 0, 0 }, { 0, 0.8f, 0.6f, 0, 0, 0, 0 }, { 0, 0.6f, -0.8f, 0, 0, 0, 0 }, { 0, 0, 0, 0, 2, 0, 0 },
        });
        var found = DictionaryComparison.Of(a, b);
        Assert.Equal([(0, 1), (1, 2), (2, 4)], found.Matched.Select(pair => (pair.A, pair.B)));
        Assert.Equal([1f, 0.8f, 0.8f], found.Matched.Select(pair => MathF.Round(pair.Cosine, 5)));
        var split = Assert.Single(found.Split);
        Assert.Equal((1, 2, 3), (split.Latent, split.Parts[0].Latent, split.Parts[1].Latent));
        var merged = Assert.Single(found.Merged);
        Assert.Equal((4, 2, 3), (merged.Latent, merged.Parts[0].Latent, merged.Parts[1].Latent));
        Assert.Equal([4], found.Lost);
        Assert.Equal([0], found.New);
        Assert.Equal([0, 1], DictionaryComparison.Of(a, b, aliveA: latent => latent < 2, aliveB: _ => false).Lost);
    }

    [Fact]
    public void A_dictionary_matches_itself_in_another_order()
    {
        using var scope = NewDisposeScope();
        using var a = Samples.Autoencoder(500, 32, 4, type: ScalarType.Float32);
        int[] order = [.. Enumerable.Range(0, 500).OrderBy(i => RandomStream.Mix((ulong)i))];
        using var b = new SparseAutoencoder(a.EncoderWeight.clone(), a.EncoderBias.clone(), a.DecoderWeight.index_select(0, tensor(order.Select(i => (long)i).ToArray())), a.DecoderBias.clone(), 4, InputTransform.None);
        var found = DictionaryComparison.Of(a, b);
        Assert.Equal(500, found.Matched.Count);
        Assert.All(found.Matched, pair => Assert.Equal(pair.A, order[pair.B]));
        Assert.Equal(1, found.MeanBestOfB, 1e-5);
        Assert.Empty(found.Lost.Concat(found.New));
    }

    [Fact]
    public void Dictionaries_of_other_widths_are_refused()
    {
        using var a = Samples.Autoencoder(8, 4, 2);
        using var b = Samples.Autoencoder(8, 6, 2);
        Assert.Contains("one hook", Assert.Throws<InterpException>(() => DictionaryComparison.Of(a, b)).Message, StringComparison.Ordinal);
    }
}
