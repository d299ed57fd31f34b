using Interp.Activations;
using Interp.Autoencoders;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>Takes activations through an autoencoder, context after context, whatever the number of tokens in bounded memory.</summary>
public static class AtlasPass
{
    /// <summary>Rows that are in memory at a time, but for one context that is longer.</summary>
    public const int ChunkRows = 1 << 14;

    private const int EncodeRows = 2048;

    /// <summary>What is done with the latents of some whole contexts.</summary>
    /// <param name="rows">First row and number of rows of each context, in the source.</param>
    /// <param name="activations">The rows [n, d].</param>
    /// <param name="latents">Their latents [n, k]; let go of afterwards.</param>
    public delegate void Take(IReadOnlyList<(int Start, int Count)> rows, Tensor activations, SparseLatents latents);

    /// <summary>Runs over all contexts of a source.</summary>
    /// <param name="autoencoder">The autoencoder.</param>
    /// <param name="source">Activations in the model's scale, such as <see cref="LiveActivations"/>.</param>
    /// <param name="take">Is called in the order of the contexts.</param>
    /// <param name="progress">Is told how many rows are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    public static void Run(SparseAutoencoder autoencoder, ITokenActivations source, Take take, Action<long>? progress = null, CancellationToken cancel = default)
    {
        using var noGradient = no_grad();
        Workers.SingleThreaded();
        var contexts = source.Contexts;
        for (var context = 0; context < contexts.Count;)
        {
            cancel.ThrowIfCancellationRequested();
            var chunk = new List<(int Start, int Count)> { contexts.RowsOf(context++) };
            while (context < contexts.Count && contexts.RowsOf(context) is var next && next.Start + next.Count - chunk[0].Start <= ChunkRows)
            {
                chunk.Add(next);
                context++;
            }
            using var scope = NewDisposeScope();
            var rows = chunk[^1].Start + chunk[^1].Count - chunk[0].Start;
            var activations = empty([rows, source.Width], ScalarType.Float32, CPU);
            source.Gather([.. Enumerable.Range(chunk[0].Start, rows)], TensorMemory.Span<float>(activations));
            take(chunk, activations, Encode(autoencoder, activations));
            progress?.Invoke(chunk[0].Start + rows);
        }
    }

    private static SparseLatents Encode(SparseAutoencoder autoencoder, Tensor activations)
    {
        var parts = new List<SparseLatents>();
        for (var at = 0L; at < activations.size(0); at += EncodeRows)
            parts.Add(autoencoder.Encode(activations.narrow(0, at, Math.Min(EncodeRows, activations.size(0) - at))));
        var room = parts.Max(part => part.K);
        return parts.Count == 1 ? parts[0] : new SparseLatents(cat([.. parts.Select(part => Padded(part.Indices, room))]), cat([.. parts.Select(part => Padded(part.Values, room))]));
    }

    private static Tensor Padded(Tensor part, int room) => part.size(1) == room ? part : nn.functional.pad(part, [0, room - part.size(1)]);
}
