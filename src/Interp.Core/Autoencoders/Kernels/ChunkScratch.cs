using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>What one thread needs to encode a chunk of tokens: room for a tile of pre-activations, and a selector.</summary>
internal sealed unsafe class ChunkScratch<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Latents whose pre-activations exist at once where a tile of them is reduced by itself.</summary>
    public const int TileLatents = 1024;

    private readonly AlignedBuffer<T> room = new();
    private readonly AlignedBuffer<T> lanes = new();

    private ChunkScratch()
    {
    }

    /// <summary>A tile of pre-activations without bias, row after row: its first latent and how many columns it has.</summary>
    public delegate void Tile(T* numbers, int offset, int columns);

    /// <summary>Finds the active latents of the rows of pre-activations.</summary>
    public TopKSelector<T> Selector { get; } = new();

    /// <summary>Finds those of a subset once more.</summary>
    public TopKSelector<T> Second { get; } = new();

    /// <summary>Room for a vector per active latent of a token.</summary>
    public T* Lanes(int k) => lanes.Ensure((long)k * Rows<T>.Lanes);

    /// <summary>Computes u·weightsᵀ for a chunk, tile by tile of latents.</summary>
    /// <param name="u">Tokens [n, d].</param>
    /// <param name="chunk">Which of them.</param>
    /// <param name="weights">A latent per row [M, d].</param>
    /// <param name="columns">Latents of a tile.</param>
    /// <param name="parts">Where the time goes; null: nowhere.</param>
    /// <param name="visit">Is given each tile, and may change it.</param>
    public void ForTiles(Strided<T> u, Chunk chunk, Strided<T> weights, int columns, StepParts? parts, Tile visit)
    {
        var latents = weights.Rows;
        room.Ensure((long)Chunk.MostRows * Math.Min(latents, columns));
        for (var offset = 0; offset < latents; offset += columns)
        {
            var clock = Stopwatch.GetTimestamp();
            var width = Math.Min(columns, latents - offset);
            MatrixProduct<T>.Multiply(u.RowRange(chunk.Start, chunk.Rows), weights.RowRange(offset, width).Transposed, room.Matrix(chunk.Rows, width));
            if (parts is not null)
                clock = parts.Add(StepPart.Product, clock);
            visit(room.Pointer, offset, width);
            parts?.Add(StepPart.Selection, clock);
        }
    }

    /// <summary>Selects the k largest positive pre-activations u·weightsᵀ + bias of a chunk into <see cref="Selector"/>.</summary>
    public void Encode(Strided<T> u, Chunk chunk, Strided<T> weights, T* bias, int k)
    {
        Selector.Begin(chunk.Rows, k);
        ForTiles(u, chunk, weights, TileLatents, null, (numbers, offset, columns) => Selector.FeedTile(chunk.Rows, numbers, bias, offset, columns));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        room.Dispose();
        Selector.Dispose();
        Second.Dispose();
        lanes.Dispose();
    }

    /// <summary>As many as there are threads at work, kept for reuse.</summary>
    internal sealed class Pool : IDisposable
    {
        private readonly ConcurrentBag<ChunkScratch<T>> idle = [];

        /// <summary>Calls <paramref name="body"/> for each chunk of a batch.</summary>
        public void ForChunks(int batch, Action<Chunk, ChunkScratch<T>> body) =>
            Workers.For(Chunk.Count(batch), number =>
            {
                if (!idle.TryTake(out var scratch))
                    scratch = new ChunkScratch<T>();
                body(Chunk.Of(batch, number), scratch);
                idle.Add(scratch);
            });

        /// <inheritdoc/>
        public void Dispose()
        {
            while (idle.TryTake(out var scratch))
                scratch.Dispose();
        }
    }
}
