using System.Numerics;

namespace Interp.Autoencoders.Kernels;

/// <summary>The active latents of a batch: per row the indices, values and ⟨residual, D[index]⟩, in room for a fixed number.</summary>
internal sealed unsafe class SparseCodes<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AlignedBuffer<int> indices = new();
    private readonly AlignedBuffer<int> counts = new();
    private readonly AlignedBuffer<T> values = new();
    private readonly AlignedBuffer<T> products = new();

    /// <summary>Number of rows.</summary>
    public int RowCount { get; private set; }

    /// <summary>Room per row.</summary>
    public int Room { get; private set; }

    public int* Counts => counts.Pointer;

    public int* Indices(int row) => indices.Pointer + (long)row * Room;

    public T* Values(int row) => values.Pointer + (long)row * Room;

    public T* Products(int row) => products.Pointer + (long)row * Room;

    public void Resize(int rows, int room)
    {
        (RowCount, Room) = (rows, room);
        indices.Ensure((long)rows * room);
        values.Ensure((long)rows * room);
        products.Ensure((long)rows * room);
        counts.Zeroed(rows);
    }

    public void Dispose()
    {
        indices.Dispose();
        counts.Dispose();
        values.Dispose();
        products.Dispose();
    }
}

/// <summary>
/// The entries of a batch, main ones before auxiliary ones, sorted by latent by counting; within a latent in the order of the
/// rows, so that sums over a latent's entries always run in the same order.
/// </summary>
internal sealed unsafe class LatentSegments<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AlignedBuffer<int> ends = new();
    private readonly AlignedBuffer<int> inputRows = new();
    private readonly AlignedBuffer<int> residualRows = new();
    private readonly AlignedBuffer<T> decoderWeights = new();
    private readonly AlignedBuffer<T> encoderWeights = new();

    /// <summary>First entry of a latent; that of the next latent is its end.</summary>
    public int Start(int latent) => latent == 0 ? 0 : ends.Pointer[latent - 1];

    /// <summary>Row of u per entry.</summary>
    public int* InputRows => inputRows.Pointer;

    /// <summary>Row of the residuals per entry; those of the auxiliary term stand below those of the main one.</summary>
    public int* ResidualRows => residualRows.Pointer;

    /// <summary>Value · scale of the term per entry: the factor of the residual in the decoder's gradient.</summary>
    public T* DecoderWeights => decoderWeights.Pointer;

    /// <summary>⟨residual, D[j]⟩ · scale of the term per entry: the factor of u in the encoder's gradient.</summary>
    public T* EncoderWeights => encoderWeights.Pointer;

    /// <summary>Sorts the entries.</summary>
    /// <param name="latents">Number of latents.</param>
    /// <param name="main">Entries of the main term; null: none.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="mainScale">Scale of the main term's gradient.</param>
    /// <param name="auxiliary">Entries of the auxiliary term; null: none.</param>
    /// <param name="auxiliaryScale">Scale of its gradient.</param>
    public void Sort(int latents, SparseCodes<T>? main, int rows, double mainScale, SparseCodes<T>? auxiliary, double auxiliaryScale)
    {
        var places = ends.Zeroed(latents + 1);
        var entries = (main is null ? 0 : Count(main, places)) + (auxiliary is null ? 0 : Count(auxiliary, places));
        var sum = 0;
        for (var j = 0; j <= latents; j++)
            (places[j], sum) = (sum, sum + places[j]);
        inputRows.Ensure(entries);
        residualRows.Ensure(entries);
        decoderWeights.Ensure(entries);
        encoderWeights.Ensure(entries);
        if (main is not null)
            Place(main, places, T.CreateChecked(mainScale), 0);
        if (auxiliary is not null)
            Place(auxiliary, places, T.CreateChecked(auxiliaryScale), rows);
    }

    private static int Count(SparseCodes<T> codes, int* counts)
    {
        var total = 0;
        for (var row = 0; row < codes.RowCount; row++)
        {
            var indices = codes.Indices(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                counts[indices[s]]++;
            total += codes.Counts[row];
        }
        return total;
    }

    /// <summary>Moves each place behind its entries, so that afterwards it is the segment's end.</summary>
    private void Place(SparseCodes<T> codes, int* places, T scale, int residualOffset)
    {
        for (var row = 0; row < codes.RowCount; row++)
        {
            var indices = codes.Indices(row);
            var values = codes.Values(row);
            var products = codes.Products(row);
            for (var s = 0; s < codes.Counts[row]; s++)
            {
                var at = places[indices[s]]++;
                inputRows.Pointer[at] = row;
                residualRows.Pointer[at] = row + residualOffset;
                decoderWeights.Pointer[at] = values[s] * scale;
                encoderWeights.Pointer[at] = products[s] * scale;
            }
        }
    }

    public void Dispose()
    {
        ends.Dispose();
        inputRows.Dispose();
        residualRows.Dispose();
        decoderWeights.Dispose();
        encoderWeights.Dispose();
    }
}
