using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>What one thread needs to encode a chunk of tokens: room for a tile of pre-activations, and a selector.</summary>
internal sealed unsafe class ChunkScratch<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Latents whose pre-activations exist at once where a tile of them is reduced by itself.</summary>
    public const int TileLatents = 2048;

    /// <summary>Most tokens in a chunk.</summary>
    private const int MostRows = 512;

    private readonly GrownTensor room;
    private readonly AlignedBuffer<T> lanes = new();

    private ChunkScratch(ScalarType type) => room = new GrownTensor(type);

    /// <summary>A tile of pre-activations without bias, row after row: its first latent and how many columns it has.</summary>
    public delegate void Tile(T* numbers, int offset, int columns);

    /// <summary>Finds the active latents of the rows of pre-activations.</summary>
    public TopKSelector<T> Selector { get; } = new();

    /// <summary>Finds those of a subset once more.</summary>
    public TopKSelector<T> Second { get; } = new();

    /// <summary>Room for a vector per active latent of a token.</summary>
    public T* Lanes(int k) => lanes.Ensure((long)k * Rows<T>.Lanes);

    /// <summary>Tokens per chunk: a quarter of the batch, from 64 to 512; it depends on nothing else.</summary>
    public static int ChunkRows(int batch) => Math.Clamp((batch / 4 + 15) / 16 * 16, 64, MostRows);

    /// <summary>Number of chunks of a batch.</summary>
    public static int ChunkCount(int batch) => (batch + ChunkRows(batch) - 1) / ChunkRows(batch);

    /// <summary>Computes u[start .. start+rows]·weightsᵀ, tile by tile of latents.</summary>
    /// <param name="u">Tokens [n, d].</param>
    /// <param name="start">First row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="weights">A latent per row [M, d].</param>
    /// <param name="columns">Latents of a tile.</param>
    /// <param name="parts">Where the time goes; null: nowhere.</param>
    /// <param name="visit">Is given each tile, and may change it.</param>
    public void ForTiles(Tensor u, int start, int rows, Tensor weights, int columns, StepParts? parts, Tile visit)
    {
        var latents = (int)weights.shape[0];
        room.Ensure<T>((long)MostRows * Math.Min(latents, columns));
        for (var offset = 0; offset < latents; offset += columns)
        {
            var clock = Stopwatch.GetTimestamp();
            var width = Math.Min(columns, latents - offset);
            using (NewDisposeScope())
                room.View(0, rows, width).addmm_(u.narrow(0, start, rows), weights.narrow(0, offset, width).t(), 0, 1);
            if (parts is not null)
                clock = parts.Add(StepPart.Product, clock);
            visit(room.Pointer<T>(), offset, width);
            parts?.Add(StepPart.Selection, clock);
        }
    }

    /// <summary>Selects, for u[start .. start+rows], the k largest positive pre-activations u·weightsᵀ + bias into <see cref="Selector"/>.</summary>
    public void Encode(Tensor u, int start, int rows, Tensor weights, T* bias, int k)
    {
        Selector.Begin(rows, k);
        ForTiles(u, start, rows, weights, TileLatents, null, (numbers, offset, columns) => Selector.FeedTile(rows, numbers, bias, offset, columns));
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
    internal sealed class Pool(ScalarType type) : IDisposable
    {
        private readonly ConcurrentBag<ChunkScratch<T>> idle = [];

        /// <summary>Calls <paramref name="body"/> with (chunk, first row, rows, scratch) for each chunk of a batch.</summary>
        public void ForChunks(int batch, Action<int, int, int, ChunkScratch<T>> body) =>
            Workers.For(ChunkCount(batch), chunk =>
            {
                if (!idle.TryTake(out var scratch))
                    scratch = new ChunkScratch<T>(type);
                var start = chunk * ChunkRows(batch);
                using (no_grad())
                    body(chunk, start, Math.Min(ChunkRows(batch), batch - start), scratch);
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
