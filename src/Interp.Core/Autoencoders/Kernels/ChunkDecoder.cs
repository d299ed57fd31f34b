using System.Numerics;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Residuals of a chunk of tokens, z·D - u, and their products with the active decoder rows. The entries are taken by latent and
/// the width in tiles, so that a decoder row is read once per chunk while the chunk's residuals stay in the second-level cache.
/// </summary>
internal sealed unsafe class ChunkDecoder<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns at a time: 512 rows of float32 take 512 KiB.</summary>
    private const int TileWidth = 256;

    private readonly AlignedBuffer<int> ends = new();
    private readonly AlignedBuffer<int> latentOf = new();
    private readonly AlignedBuffer<int> rowOf = new();
    private readonly AlignedBuffer<int> slotOf = new();

    /// <summary>Adds the decoded latents to the residuals, which hold -u, and leaves ⟨residual, D[j]⟩ in the codes' products.</summary>
    /// <param name="codes">The active latents; rows <paramref name="start"/> .. start+rows are this chunk's.</param>
    /// <param name="start">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="residuals">The chunk's residuals, row after row.</param>
    /// <param name="decoder">Decoder rows [M, d].</param>
    /// <param name="latents">M.</param>
    /// <param name="width">d.</param>
    public void Run(SparseCodes<T> codes, int start, int rows, T* residuals, T* decoder, int latents, int width)
    {
        var entries = Sort(codes, start, rows, latents);
        for (var row = start; row < start + rows; row++)
            new Span<T>(codes.Products(row), codes.Counts[row]).Clear();
        for (var tile = 0; tile < width; tile += TileWidth)
        {
            var columns = Math.Min(TileWidth, width - tile);
            for (var e = 0; e < entries; e++)
            {
                var row = rowOf.Pointer[e];
                var value = codes.Values(start + row)[slotOf.Pointer[e]];
                Rows<T>.AddScaled(residuals + (nint)row * width + tile, decoder + (nint)latentOf.Pointer[e] * width + tile, value, columns);
            }
            for (var e = 0; e < entries; e++)
            {
                var row = rowOf.Pointer[e];
                codes.Products(start + row)[slotOf.Pointer[e]] +=
                    Rows<T>.Dot(residuals + (nint)row * width + tile, decoder + (nint)latentOf.Pointer[e] * width + tile, columns);
            }
        }
    }

    /// <summary>Counting sort of the chunk's entries by latent, within a latent by row.</summary>
    private int Sort(SparseCodes<T> codes, int start, int rows, int latents)
    {
        var places = ends.Zeroed(latents + 1);
        var entries = 0;
        for (var row = start; row < start + rows; row++)
        {
            var indices = codes.Indices(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                places[indices[s]]++;
            entries += codes.Counts[row];
        }
        var sum = 0;
        for (var j = 0; j < latents; j++)
            (places[j], sum) = (sum, sum + places[j]);
        latentOf.Ensure(entries);
        rowOf.Ensure(entries);
        slotOf.Ensure(entries);
        for (var row = start; row < start + rows; row++)
        {
            var indices = codes.Indices(row);
            for (var s = 0; s < codes.Counts[row]; s++)
            {
                var at = places[indices[s]]++;
                latentOf.Pointer[at] = indices[s];
                rowOf.Pointer[at] = row - start;
                slotOf.Pointer[at] = s;
            }
        }
        return entries;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ends.Dispose();
        latentOf.Dispose();
        rowOf.Dispose();
        slotOf.Dispose();
    }
}
