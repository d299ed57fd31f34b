using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>What one thread needs to encode a chunk of tokens: room for a tile of pre-activations, and a selector.</summary>
internal sealed unsafe class ChunkScratch<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Latents whose pre-activations exist at once.</summary>
    private const int TileLatents = 2048;

    /// <summary>Most tokens in a chunk.</summary>
    private const int MostRows = 512;

    private readonly Tensor room;
    private readonly AlignedBuffer<T> lanes = new();
    private readonly T* pointer;

    private ChunkScratch(int latents, ScalarType type)
    {
        room = empty((long)MostRows * Math.Min(latents, TileLatents), dtype: type, device: CPU).DetachFromDisposeScope();
        pointer = TensorMemory.Pointer<T>(room);
    }

    /// <summary>Finds the active latents of the rows of pre-activations.</summary>
    public TopKSelector<T> Selector { get; } = new();

    /// <summary>Room for a vector per active latent of a token.</summary>
    public T* Lanes(int k) => lanes.Ensure((long)k * Rows<T>.Lanes);

    /// <summary>Tokens per chunk: a quarter of the batch, from 64 to 512; it depends on nothing else.</summary>
    public static int ChunkRows(int batch) => Math.Clamp((batch / 4 + 15) / 16 * 16, 64, MostRows);

    /// <summary>Number of chunks of a batch.</summary>
    public static int ChunkCount(int batch) => (batch + ChunkRows(batch) - 1) / ChunkRows(batch);

    /// <summary>
    /// Selects, for u[start .. start+rows], the k largest positive pre-activations u·weightsᵀ + bias into <see cref="Selector"/>,
    /// tile by tile of latents, which <paramref name="collector"/> sees too.
    /// </summary>
    public void Encode(Tensor u, int start, int rows, Tensor weights, T* bias, int k, StepParts? parts = null, DenseLatents<T>? collector = null)
    {
        var latents = (int)weights.shape[0];
        Selector.Begin(rows, k);
        for (var tile = 0; tile < latents; tile += TileLatents)
        {
            var clock = Stopwatch.GetTimestamp();
            var width = Math.Min(TileLatents, latents - tile);
            using (NewDisposeScope())
                room.narrow(0, 0, (long)rows * width).view(rows, width).addmm_(u.narrow(0, start, rows), weights.narrow(0, tile, width).t(), 0, 1);
            if (parts is not null)
                clock = parts.Add(StepPart.Product, clock);
            for (var row = 0; row < rows; row++)
                Selector.Feed(row, pointer + (long)row * width, bias + tile, tile, width);
            collector?.Collect(start, rows, pointer, tile, width);
            parts?.Add(StepPart.Selection, clock);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        room.Dispose();
        Selector.Dispose();
        lanes.Dispose();
    }

    /// <summary>As many as there are threads at work, kept for reuse.</summary>
    internal sealed class Pool(int latents, ScalarType type) : IDisposable
    {
        private readonly ConcurrentBag<ChunkScratch<T>> idle = [];

        /// <summary>Calls <paramref name="body"/> with (chunk, first row, rows, scratch) for each chunk of a batch.</summary>
        public void ForChunks(int batch, Action<int, int, int, ChunkScratch<T>> body) =>
            Workers.For(ChunkCount(batch), chunk =>
            {
                if (!idle.TryTake(out var scratch))
                    scratch = new ChunkScratch<T>(latents, type);
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
