using System.Collections.Concurrent;
using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>What one thread needs to encode a chunk of tokens: room for the pre-activations, and a selector.</summary>
internal sealed unsafe class ChunkScratch<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Tensor room;
    private readonly T* pointer;

    private ChunkScratch(int latents, ScalarType type)
    {
        room = empty((long)ChunkRows(latents) * latents, dtype: type, device: CPU).DetachFromDisposeScope();
        pointer = TensorMemory.Pointer<T>(room);
    }

    /// <summary>Finds the active latents in a row of pre-activations.</summary>
    public TopKSelector<T> Selector { get; } = new();

    /// <summary>Tokens per chunk: 64, and fewer for dictionaries of more than 2¹⁴ latents, down to 16; it depends on nothing else.</summary>
    public static int ChunkRows(int latents) => Math.Clamp((1 << 20) / latents, 16, 64);

    /// <summary>Number of chunks of a batch.</summary>
    public static int ChunkCount(int rows, int latents) => (rows + ChunkRows(latents) - 1) / ChunkRows(latents);

    /// <summary>u[start .. start+rows] · weightsᵀ, [rows, weights' rows]; valid until the next call.</summary>
    public T* Product(Tensor u, int start, int rows, Tensor weights)
    {
        using var scope = NewDisposeScope();
        var latents = weights.shape[0];
        room.narrow(0, 0, rows * latents).view(rows, latents).addmm_(u.narrow(0, start, rows), weights.t(), 0, 1);
        return pointer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        room.Dispose();
        Selector.Dispose();
    }

    /// <summary>As many as there are threads at work, kept for reuse.</summary>
    internal sealed class Pool(int latents, ScalarType type) : IDisposable
    {
        private readonly ConcurrentBag<ChunkScratch<T>> idle = [];

        /// <summary>Calls <paramref name="body"/> with (chunk, first row, rows, scratch) for each chunk of a batch.</summary>
        public void ForChunks(int batch, Action<int, int, int, ChunkScratch<T>> body) =>
            Workers.For(ChunkCount(batch, latents), chunk =>
            {
                if (!idle.TryTake(out var scratch))
                    scratch = new ChunkScratch<T>(latents, type);
                var start = chunk * ChunkRows(latents);
                using (no_grad())
                    body(chunk, start, Math.Min(ChunkRows(latents), batch - start), scratch);
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
