using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Encodes by thresholds, a chunk of tokens at a time, so that no [n, M] tensor exists for many tokens.</summary>
internal static class GatedEncoder
{
    private const int ChunkRows = 256;

    /// <summary>The active latents of u [n, d], with room for those of the token that has most.</summary>
    public static SparseLatents Encode(Tensor u, Tensor weights, Tensor bias, LatentGate gate)
    {
        using var scope = NewDisposeScope();
        var n = (int)u.shape[0];
        var pieces = new SparseLatents[(n + ChunkRows - 1) / ChunkRows];
        Workers.For(pieces.Length, piece =>
        {
            using var noGradient = no_grad();
            using var inner = NewDisposeScope();
            var rows = Math.Min(ChunkRows, n - piece * ChunkRows);
            var latents = Values(u.narrow(0, piece * ChunkRows, rows).mm(weights.t()), bias, gate);
            var most = (int)Math.Max(1, (latents > 0).sum(1).max().ToInt64());
            var (values, indices) = latents.topk(most, 1);
            pieces[piece] = new SparseLatents(indices.DetachFromDisposeScope(), values.DetachFromDisposeScope());
        });
        var room = pieces.Max(piece => piece.K);
        Tensor Joined(Func<SparseLatents, Tensor> part) => cat([.. pieces.Select(piece => nn.functional.pad(part(piece), [0, room - piece.K]))], 0);
        var result = new SparseLatents(Joined(piece => piece.Indices).MoveToOuterDisposeScope(), Joined(piece => piece.Values).MoveToOuterDisposeScope());
        foreach (var piece in pieces)
            piece.Dispose();
        return result;
    }

    /// <summary>Values of all latents from u·Eᵀ [n, M]; 0 where inactive.</summary>
    private static Tensor Values(Tensor product, Tensor bias, LatentGate gate)
    {
        var pre = product + bias;
        var open = pre > gate.Threshold;
        var values = gate.LogScale is { } scale ? product * scale.exp() : pre;
        return (gate.Bias is { } shift ? values + shift : values).relu() * open;
    }
}
