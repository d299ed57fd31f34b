using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>Entries of one term of the loss, and where their residuals are.</summary>
/// <param name="Codes">The entries, with the gradients of their pre-activations.</param>
/// <param name="FirstResidual">The residual row of the batch's first row.</param>
/// <param name="Scale">Scale of the term: what makes a residual the gradient by the reconstruction.</param>
/// <param name="GroupEnds">Ends of the groups of latents that have residuals of their own, one batch of rows after the other; one group: none.</param>
/// <param name="LeavesOut">Chunks of rows that another way serves; null: none.</param>
internal readonly record struct EntrySet<T>(SparseCodes<T> Codes, int FirstResidual, T Scale, int[]? GroupEnds = null, bool[]? LeavesOut = null)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>;

/// <summary>
/// The entries of a batch, those of one term after those of the other, sorted by latent by counting; within a latent in the order
/// of the rows, so that sums over a latent's entries always run in the same order.
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

    /// <summary>Row of the residuals per entry; terms have their rows one below the other.</summary>
    public int* ResidualRows => residualRows.Pointer;

    /// <summary>Value · scale of the term per entry: the factor of the residual in the decoder's gradient.</summary>
    public T* DecoderWeights => decoderWeights.Pointer;

    /// <summary>Gradient of the pre-activation per entry: the factor of u in the encoder's gradient.</summary>
    public T* EncoderWeights => encoderWeights.Pointer;

    /// <summary>Sorts the entries of all terms.</summary>
    public void Sort(int latents, IReadOnlyList<EntrySet<T>> sets)
    {
        var places = ends.Zeroed(latents + 1);
        var entries = 0L;
        foreach (var set in sets)
            entries += Count(set, places);
        if (entries > int.MaxValue)
            throw new Runtime.InterpException($"A batch has {entries} active latents, more than 2^31; use smaller batches.");
        var sum = 0;
        for (var j = 0; j <= latents; j++)
            (places[j], sum) = (sum, sum + places[j]);
        inputRows.Ensure(entries);
        residualRows.Ensure(entries);
        decoderWeights.Ensure(entries);
        encoderWeights.Ensure(entries);
        foreach (var set in sets)
            Place(set, places);
    }

    private static long Count(in EntrySet<T> set, int* counts)
    {
        var total = 0L;
        var codes = set.Codes;
        for (var row = 0; row < codes.RowCount; row++)
        {
            if (IsLeftOut(set, row))
                continue;
            var indices = codes.Indices(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                counts[indices[s]]++;
            total += codes.Counts[row];
        }
        return total;
    }

    /// <summary>Moves each place behind its entries, so that afterwards it is the segment's end.</summary>
    private void Place(in EntrySet<T> set, int* places)
    {
        var codes = set.Codes;
        for (var row = 0; row < codes.RowCount; row++)
        {
            if (IsLeftOut(set, row))
                continue;
            var indices = codes.Indices(row);
            var values = codes.Values(row);
            var products = codes.Products(row);
            var (group, residualRow) = (0, set.FirstResidual + row);
            for (var s = 0; s < codes.Counts[row]; s++)
            {
                while (set.GroupEnds is { } groups && indices[s] >= groups[group])
                {
                    group++;
                    residualRow += codes.RowCount;
                }
                var at = places[indices[s]]++;
                inputRows.Pointer[at] = row;
                residualRows.Pointer[at] = residualRow;
                decoderWeights.Pointer[at] = values[s] * set.Scale;
                encoderWeights.Pointer[at] = products[s];
            }
        }
    }

    private static bool IsLeftOut(in EntrySet<T> set, int row) =>
        set.LeavesOut is { } chunks && chunks[row / Chunk.RowsOf(set.Codes.RowCount)];

    public void Dispose()
    {
        ends.Dispose();
        inputRows.Dispose();
        residualRows.Dispose();
        decoderWeights.Dispose();
        encoderWeights.Dispose();
    }
}
