using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Chunks with so many entries that dense products cost less than gathering. With Z the values [n, M], the residuals are Z·D - u, the
/// products with the decoder's rows S = R·Dᵀ, and, with P the gradients of the pre-activations, those of the rows are ZᵀR and PᵀU.
/// </summary>
/// <param name="latents">Number of latents M.</param>
/// <param name="width">Width d of a token.</param>
/// <param name="output">Width d' of the reconstruction.</param>
internal sealed unsafe class DenseChunks<T>(int latents, int width, int output) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Latents per piece of the backward products.</summary>
    private const int BlockLatents = 192;

    /// <summary>Numbers of a decoder that fill 32 MiB in float32.</summary>
    private const long LargeDecoder = 1 << 23;

    private readonly AlignedBuffer<T>[] values = [new(), new()];
    private readonly AlignedBuffer<T> back = new(), encoderGradient = new(), decoderGradient = new();
    private readonly AlignedBuffer<T> inputSums = new();
    private int rows;

    /// <summary>Which chunks of the batch are dense.</summary>
    public bool[] Chunks { get; private set; } = [];

    /// <summary>Whether any chunk is.</summary>
    public bool Any => Array.IndexOf(Chunks, true) >= 0;

    /// <summary>
    /// Whether entries are computed densely: from one latent in five on, and from one in ten on where the decoder is larger than a third-level
    /// cache, since then gathering its rows costs twice as much (docs/performance.md).
    /// </summary>
    /// <param name="entries">Entries of the chunk.</param>
    /// <param name="rows">Tokens of the chunk.</param>
    /// <param name="latents">Number of latents M.</param>
    /// <param name="output">Width d' of a decoder row.</param>
    public static bool Pays(long entries, long rows, int latents, int output) => ((long)latents * output > LargeDecoder ? 10 : 5) * entries >= rows * latents;

    /// <summary>Makes ready for a batch.</summary>
    public void Begin(int batch) => (rows, Chunks) = (batch, new bool[Chunk.Count(batch)]);

    /// <summary>Puts a chunk's values into their matrix and says that it is dense.</summary>
    /// <param name="which">0 for the main reconstruction, 1 for the second.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="codes">Its entries.</param>
    public void Scatter(int which, Chunk chunk, SparseCodes<T> codes)
    {
        lock (values)
        {
            back.Ensure((long)rows * latents);
            values[which].Ensure((long)rows * latents);
        }
        Chunks[chunk.Number] = true;
        Write(values[which].Pointer, chunk, codes, codes.Values, T.One);
    }

    /// <summary>Adds Z·D over some latents to the residuals from a row on.</summary>
    public void Decode(int which, Chunk chunk, Strided<T> decoder, LatentRange range, Strided<T> residuals, int firstRow)
    {
        var z = values[which].Matrix(rows, latents).RowRange(chunk.Start, chunk.Rows).ColumnRange(range.From, range.Count);
        MatrixProduct<T>.Multiply(z, decoder.RowRange(range.From, range.Count), residuals.RowRange(firstRow + chunk.Start, chunk.Rows), accumulate: true);
    }

    /// <summary>The products of the residuals from a row on with the decoder's rows of some latents, left for <see cref="Gather"/>.</summary>
    public void Project(Chunk chunk, Strided<T> decoder, LatentRange range, Strided<T> residuals, int firstRow)
    {
        var products = back.Matrix(rows, latents).RowRange(chunk.Start, chunk.Rows).ColumnRange(range.From, range.Count);
        MatrixProduct<T>.Multiply(residuals.RowRange(firstRow + chunk.Start, chunk.Rows), decoder.RowRange(range.From, range.Count).Transposed, products);
    }

    /// <summary>Hands the products to the entries.</summary>
    public void Gather(Chunk chunk, SparseCodes<T> codes)
    {
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var from = back.Pointer + (long)row * latents;
            var indices = codes.Indices(row);
            var products = codes.Products(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                products[s] = from[indices[s]];
        }
    }

    /// <summary>Takes the entries' values times their term's scale, and the gradients of their pre-activations.</summary>
    public void Keep(int which, Chunk chunk, SparseCodes<T> codes, T scale)
    {
        Write(values[which].Pointer, chunk, codes, codes.Values, scale);
        if (which == 0)
        {
            Write(back.Pointer, chunk, codes, codes.Products, T.One);
            return;
        }
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var to = back.Pointer + (long)row * latents;
            var indices = codes.Indices(row);
            var products = codes.Products(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                to[indices[s]] += products[s];
        }
    }

    /// <summary>The gradients of all rows by the entries of all dense chunks, in their order.</summary>
    /// <param name="u">Centred tokens [n, d].</param>
    /// <param name="residuals">All residuals.</param>
    /// <param name="groupEnds">Ends of the groups of latents whose residuals stand below each other.</param>
    /// <param name="secondRow">First residual row of the second reconstruction; null: there is none.</param>
    public void Backward(Strided<T> u, Strided<T> residuals, int[] groupEnds, int? secondRow)
    {
        encoderGradient.Ensure((long)latents * width);
        decoderGradient.Ensure((long)latents * output);
        var sums = inputSums.Zeroed(latents);
        Workers.For((latents + BlockLatents - 1) / BlockLatents, block =>
        {
            var (from, to) = (block * BlockLatents, Math.Min(latents, (block + 1) * BlockLatents));
            var isFirst = true;
            for (var number = 0; number < Chunks.Length; number++)
            {
                if (!Chunks[number])
                    continue;
                var chunk = Chunk.Of(rows, number);
                AddChunk(u, residuals, groupEnds, secondRow, chunk, from, to, isFirst);
                for (var row = chunk.Start; row < chunk.End; row++)
                    Rows<T>.AddScaled(sums + from, back.Pointer + (long)row * latents + from, T.One, to - from);
                isFirst = false;
            }
        });
    }

    /// <summary>Adds the gradients of a latent's rows.</summary>
    /// <returns>The sum of its pre-activations' gradients.</returns>
    public T AddGradients(int latent, T* encoderRow, T* decoderRow)
    {
        Rows<T>.AddScaled(encoderRow, encoderGradient.Pointer + (long)latent * width, T.One, width);
        Rows<T>.AddScaled(decoderRow, decoderGradient.Pointer + (long)latent * output, T.One, output);
        return inputSums.Pointer[latent];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { values[0], values[1], back, encoderGradient, decoderGradient, inputSums })
            item.Dispose();
    }

    private void AddChunk(Strided<T> u, Strided<T> residuals, int[] groupEnds, int? secondRow, Chunk chunk, int from, int to, bool isFirst)
    {
        Strided<T> Columns(AlignedBuffer<T> matrix, int first, int end) => matrix.Matrix(rows, latents).RowRange(chunk.Start, chunk.Rows).ColumnRange(first, end - first).Transposed;
        var decoderRows = decoderGradient.Matrix(latents, output);
        MatrixProduct<T>.Multiply(Columns(back, from, to), u.RowRange(chunk.Start, chunk.Rows), encoderGradient.Matrix(latents, width).RowRange(from, to - from), !isFirst);
        var (group, at) = (0, from);
        while (at < to)
        {
            while (groupEnds[group] <= at)
                group++;
            var end = Math.Min(to, groupEnds[group]);
            MatrixProduct<T>.Multiply(Columns(values[0], at, end), residuals.RowRange(group * rows + chunk.Start, chunk.Rows), decoderRows.RowRange(at, end - at), !isFirst);
            at = end;
        }
        if (secondRow is { } second)
            MatrixProduct<T>.Multiply(Columns(values[1], from, to), residuals.RowRange(second + chunk.Start, chunk.Rows), decoderRows.RowRange(from, to - from), accumulate: true);
    }

    private delegate T* Column(int row);

    private void Write(T* matrix, Chunk chunk, SparseCodes<T> codes, Column column, T scale)
    {
        new Span<T>(matrix + (long)chunk.Start * latents, checked(chunk.Rows * latents)).Clear();
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var to = matrix + (long)row * latents;
            var indices = codes.Indices(row);
            var numbers = column(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                to[indices[s]] = numbers[s] * scale;
        }
    }
}
