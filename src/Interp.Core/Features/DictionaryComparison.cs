using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A latent of each of two dictionaries.</summary>
/// <param name="A">Of the first.</param>
/// <param name="B">Of the second.</param>
/// <param name="Cosine">Of their decoder rows.</param>
public readonly record struct LatentPair(int A, int B, float Cosine);

/// <summary>A latent of one dictionary and those of the other whose best match it is.</summary>
/// <param name="Latent">The one.</param>
/// <param name="Parts">The others, at least two, with their cosines, largest first.</param>
public sealed record LatentSplit(int Latent, IReadOnlyList<Neighbour> Parts);

/// <summary>Which latents of two dictionaries are the same; those that never fired can be left out of both.</summary>
/// <param name="BestOfA">Per latent of the first its most similar of the second; of one that is left out latent -1.</param>
/// <param name="BestOfB">Per latent of the second its most similar of the first.</param>
/// <param name="Matched">Pairs that are each other's most similar, with a cosine of at least the bound for matches; largest first.</param>
/// <param name="Split">Latents of the first that are the best match of several of the second, with cosines of at least the bound for parts.</param>
/// <param name="Merged">Latents of the second that are so of several of the first.</param>
/// <param name="Lost">Latents of the first with no latent of the second at the bound for parts.</param>
/// <param name="New">Latents of the second with no latent of the first at it.</param>
public sealed record DictionaryComparison(
    IReadOnlyList<Neighbour> BestOfA, IReadOnlyList<Neighbour> BestOfB, IReadOnlyList<LatentPair> Matched,
    IReadOnlyList<LatentSplit> Split, IReadOnlyList<LatentSplit> Merged, IReadOnlyList<int> Lost, IReadOnlyList<int> New)
{
    /// <summary>Latents of one product.</summary>
    private const int Piece = 256;

    /// <summary>Mean of the largest cosines of the first dictionary's latents in the second (MMCS).</summary>
    public double MeanBestOfA => Mean(BestOfA);

    /// <summary>Mean of the largest cosines of the second dictionary's latents in the first.</summary>
    public double MeanBestOfB => Mean(BestOfB);

    /// <summary>Compares two dictionaries of the same hook of the same model by the cosines of their decoder rows.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="aliveA">Which latents of the first count; null: all.</param>
    /// <param name="aliveB">Which latents of the second count; null: all.</param>
    /// <param name="match">Least cosine of a match.</param>
    /// <param name="part">Least cosine of a part of a split or merged latent, and of one that is neither lost nor new.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <exception cref="InterpException">They write rows of different widths.</exception>
    public static DictionaryComparison Of(
        SparseAutoencoder a, SparseAutoencoder b, Func<int, bool>? aliveA = null, Func<int, bool>? aliveB = null, double match = 0.7, double part = 0.5, CancellationToken cancel = default)
    {
        if (a.OutputWidth != b.OutputWidth)
            throw new InterpException($"The first dictionary writes rows of {a.OutputWidth} numbers and the second of {b.OutputWidth}; compare dictionaries of one hook.");
        var (keptA, keptB) = (Kept(a.Latents, aliveA), Kept(b.Latents, aliveB));
        var (bestOfA, bestOfB) = Best(a, b, keptA, keptB, cancel);
        var matched = bestOfA.Select((best, latent) => new LatentPair(latent, best.Latent, best.Cosine))
            .Where(pair => pair.B >= 0 && pair.Cosine >= match && bestOfB[pair.B].Latent == pair.A).OrderByDescending(pair => pair.Cosine).ThenBy(pair => pair.A);
        return new DictionaryComparison(bestOfA, bestOfB, [.. matched], Divided(bestOfB, part), Divided(bestOfA, part), Alone(keptA, bestOfA, part), Alone(keptB, bestOfB, part));
    }

    /// <summary>The latents that are the best match of several of the other dictionary.</summary>
    private static LatentSplit[] Divided(Neighbour[] bestOfOthers, double part) =>
        [.. bestOfOthers.Select((best, other) => (best.Latent, Part: new Neighbour(other, best.Cosine))).Where(pair => pair.Latent >= 0 && pair.Part.Cosine >= part)
            .GroupBy(pair => pair.Latent, pair => pair.Part).Where(parts => parts.Count() > 1).OrderBy(parts => parts.Key)
            .Select(parts => new LatentSplit(parts.Key, [.. parts.OrderByDescending(other => other.Cosine).ThenBy(other => other.Latent)]))];

    private static int[] Alone(long[] kept, Neighbour[] best, double part) =>
        [.. kept.Where(latent => best[latent].Latent < 0 || best[latent].Cosine < part).Select(latent => (int)latent)];

    private static (Neighbour[] OfA, Neighbour[] OfB) Best(SparseAutoencoder a, SparseAutoencoder b, long[] keptA, long[] keptB, CancellationToken cancel)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (ofA, ofB) = (Nothing(a.Latents), Nothing(b.Latents));
        if (keptA.Length == 0 || keptB.Length == 0)
            return (ofA, ofB);
        var (rows, columns) = (Unit(a, keptA), Unit(b, keptB).t());
        for (var at = 0; at < keptA.Length; at += Piece)
        {
            cancel.ThrowIfCancellationRequested();
            using var pass = NewDisposeScope();
            var count = Math.Min(Piece, keptA.Length - at);
            var cosines = rows.narrow(0, at, count).mm(columns).cpu().contiguous();
            Take(TensorMemory.Span<float>(cosines), keptA.AsSpan(at, count), keptB, ofA, ofB);
        }
        return (ofA, ofB);
    }

    /// <summary>Enters the cosines [n, m] of some latents with all of the other dictionary; ties go to the lower number.</summary>
    private static void Take(ReadOnlySpan<float> cosines, ReadOnlySpan<long> latents, long[] others, Neighbour[] ofA, Neighbour[] ofB)
    {
        for (var i = 0; i < latents.Length; i++)
        {
            var row = cosines.Slice(i * others.Length, others.Length);
            for (var j = 0; j < row.Length; j++)
            {
                if (Exceeds(row[j], ofA[latents[i]]))
                    ofA[latents[i]] = new Neighbour((int)others[j], row[j]);
                if (Exceeds(row[j], ofB[others[j]]))
                    ofB[others[j]] = new Neighbour((int)latents[i], row[j]);
            }
        }
    }

    private static bool Exceeds(float cosine, Neighbour best) => best.Latent < 0 || cosine > best.Cosine;

    private static long[] Kept(int latents, Func<int, bool>? alive) => [.. Enumerable.Range(0, latents).Where(latent => alive?.Invoke(latent) ?? true).Select(latent => (long)latent)];

    private static Neighbour[] Nothing(int latents) => [.. Enumerable.Repeat(new Neighbour(-1, 0), latents)];

    private static Tensor Unit(SparseAutoencoder autoencoder, long[] kept) =>
        DecoderNeighbours.Unit(autoencoder.DecoderWeight.index_select(0, tensor(kept, device: autoencoder.Device))).to(CPU);

    private static double Mean(IReadOnlyList<Neighbour> best) => best.Where(one => one.Latent >= 0).Select(one => (double)one.Cosine).DefaultIfEmpty(0).Average();
}
