using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The entries of a batch, that is its active latents: per row the latents in increasing order, what each puts into the decoder,
/// its pre-activation, and the loss's derivative by it. Each chunk of rows has memory of its own, so that chunks fill at once.
/// </summary>
internal sealed unsafe class SparseCodes<T>(bool keepsPre = false) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<Room> chunks = [];
    private readonly AlignedBuffer<int> counts = new();
    private readonly AlignedBuffer<int> starts = new();
    private int chunkRows = 1;

    /// <summary>Number of rows.</summary>
    public int RowCount { get; private set; }

    /// <summary>Entries per row.</summary>
    public int* Counts => counts.Pointer;

    public int* Indices(int row) => Of(row).Indices.Pointer + starts.Pointer[row];

    public T* Values(int row) => Of(row).Values.Pointer + starts.Pointer[row];

    /// <summary>⟨residual, D[latent]⟩, and later the gradient of the pre-activation.</summary>
    public T* Products(int row) => Of(row).Products.Pointer + starts.Pointer[row];

    /// <summary>Pre-activations; the values themselves where nothing maps one to the other.</summary>
    public T* Pre(int row) => (keepsPre ? Of(row).Pre : Of(row).Values).Pointer + starts.Pointer[row];

    /// <summary>Makes ready for a batch of so many rows, all empty.</summary>
    public void Begin(int rows)
    {
        (RowCount, chunkRows) = (rows, Chunk.RowsOf(rows));
        counts.Zeroed(rows);
        starts.Zeroed(rows);
        while (chunks.Count * chunkRows < rows)
            chunks.Add(new Room());
    }

    /// <summary>Makes room for a chunk's entries; what it held is lost.</summary>
    public void Reserve(int chunk, long entries)
    {
        chunks[chunk].Indices.Ensure(entries);
        chunks[chunk].Values.Ensure(entries);
        chunks[chunk].Products.Ensure(entries);
        if (keepsPre)
            chunks[chunk].Pre.Ensure(entries);
    }

    /// <summary>Says where a row's entries begin among those of its chunk.</summary>
    public void Place(int row, int start, int count)
    {
        starts.Pointer[row] = start;
        counts.Pointer[row] = count;
    }

    public void Dispose()
    {
        counts.Dispose();
        starts.Dispose();
        foreach (var chunk in chunks)
            chunk.Dispose();
    }

    private Room Of(int row) => chunks[row / chunkRows];

    private sealed class Room : IDisposable
    {
        public AlignedBuffer<int> Indices { get; } = new();

        public AlignedBuffer<T> Values { get; } = new();

        public AlignedBuffer<T> Products { get; } = new();

        public AlignedBuffer<T> Pre { get; } = new();

        public void Dispose()
        {
            Indices.Dispose();
            Values.Dispose();
            Products.Dispose();
            Pre.Dispose();
        }
    }
}
