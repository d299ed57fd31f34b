using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A latent and the cosine of its decoder row with another's.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Cosine">From -1 to 1.</param>
public readonly record struct Neighbour(int Latent, float Cosine);

/// <summary>The latents whose decoder rows point most in the direction of a latent's, over the whole dictionary.</summary>
public static class DecoderNeighbours
{
    /// <summary>Latents of one product.</summary>
    private const int Piece = 256;

    /// <summary>Neighbours of every latent.</summary>
    /// <param name="rows">Decoder rows [M, d], on any device.</param>
    /// <param name="count">How many of each.</param>
    /// <param name="progress">Is told how many latents are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>Per latent the others, largest cosine first, ties by the lower number; a row of zeros has the cosine 0 with all.</returns>
    public static IEnumerable<Neighbour[]> Of(Tensor rows, int count, Action<int>? progress = null, CancellationToken cancel = default)
    {
        using var unit = Unit(rows);
        for (var at = 0; at < unit.size(0); at += Piece)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var neighbours in OfPiece(unit, at, (int)Math.Min(Piece, unit.size(0) - at), count))
                yield return neighbours;
            progress?.Invoke((int)Math.Min(at + Piece, unit.size(0)));
        }
    }

    /// <summary>Rows [M, d] of length 1, in float32; a row of zeros stays. They belong to the caller.</summary>
    internal static Tensor Unit(Tensor rows)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var norms = rows.norm(1, keepdim: true, p: 2);
        return rows.div(where(norms > 0, norms, ones_like(norms))).to(ScalarType.Float32).DetachFromDisposeScope();
    }

    private static Neighbour[][] OfPiece(Tensor unit, int at, int latents, int count)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var cosines = unit.narrow(0, at, latents).mm(unit.t()).to(CPU).contiguous();
        var all = (int)unit.size(0);
        var result = new Neighbour[latents][];
        Workers.For(latents, i =>
        {
            var row = TensorMemory.Span<float>(cosines).Slice(i * all, all);
            var best = new BoundedBest<int>(count);
            for (var other = 0; other < all; other++)
            {
                if (other != at + i)
                    best.Offer(row[other], other, other);
            }
            result[i] = [.. best.Ordered().Select(kept => new Neighbour(kept.Item, kept.Score))];
        });
        return result;
    }
}
