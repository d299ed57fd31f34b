using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Chunks with so many entries that dense products cost less than gathering. With Z the values [n, M], the residuals are Z·D - u, the
/// products with the decoder's rows S = R·Dᵀ, and, with P the gradients of the pre-activations, those of the rows are ZᵀR and PᵀU.
/// </summary>
/// <param name="latents">Number of latents M.</param>
/// <param name="width">Width d of a token.</param>
/// <param name="output">Width d' of the reconstruction.</param>
/// <param name="type">Element type.</param>
internal sealed unsafe class DenseChunks<T>(int latents, int width, int output, ScalarType type) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Latents per piece of the backward products.</summary>
    private const int BlockLatents = 64;

    private readonly GrownTensor[] values = [new(type), new(type)];
    private readonly GrownTensor back = new(type), encoderGradient = new(type), decoderGradient = new(type);
    private readonly AlignedBuffer<T> inputSums = new();
    private int rows;

    /// <summary>Which chunks of the batch are dense.</summary>
    public bool[] Chunks { get; private set; } = [];

    /// <summary>Whether any chunk is.</summary>
    public bool Any => Array.IndexOf(Chunks, true) >= 0;

    /// <summary>
    /// Whether a number of entries is computed densely: from one latent in four on, where the four further products begin to cost
    /// less than gathering (docs/performance.md).
    /// </summary>
    public static bool Pays(long entries, long rows, int latents) => 4 * entries >= rows * latents;

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
            back.Ensure<T>((long)rows * latents);
            values[which].Ensure<T>((long)rows * latents);
        }
        Chunks[chunk.Number] = true;
        Write(values[which].Pointer<T>(), chunk, codes, codes.Values, T.One);
    }

    /// <summary>Adds Z·D over some latents to the residuals from a row on.</summary>
    public void Decode(int which, Chunk chunk, Tensor decoder, LatentRange range, GrownTensor residuals, int firstRow)
    {
        using var scope = NewDisposeScope();
        residuals.View(firstRow + chunk.Start, chunk.Rows, output).addmm_(
            values[which].View(chunk.Start, chunk.Rows, latents).narrow(1, range.From, range.Count), decoder.narrow(0, range.From, range.Count));
    }

    /// <summary>The products of the residuals from a row on with the decoder's rows of some latents, left for <see cref="Gather"/>.</summary>
    public void Project(Chunk chunk, Tensor decoder, LatentRange range, GrownTensor residuals, int firstRow)
    {
        using var scope = NewDisposeScope();
        back.View(chunk.Start, chunk.Rows, latents).narrow(1, range.From, range.Count).addmm_(
            residuals.View(firstRow + chunk.Start, chunk.Rows, output), decoder.narrow(0, range.From, range.Count).t(), 0, 1);
    }

    /// <summary>Hands the products to the entries.</summary>
    public void Gather(Chunk chunk, SparseCodes<T> codes)
    {
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var from = back.Pointer<T>() + (long)row * latents;
            var indices = codes.Indices(row);
            var products = codes.Products(row);
            for (var s = 0; s < codes.Counts[row]; s++)
                products[s] = from[indices[s]];
        }
    }

    /// <summary>Takes the entries' values times their term's scale, and the gradients of their pre-activations.</summary>
    public void Keep(int which, Chunk chunk, SparseCodes<T> codes, T scale)
    {
        Write(values[which].Pointer<T>(), chunk, codes, codes.Values, scale);
        if (which == 0)
        {
            Write(back.Pointer<T>(), chunk, codes, codes.Products, T.One);
            return;
        }
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var to = back.Pointer<T>() + (long)row * latents;
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
    public void Backward(Tensor u, GrownTensor residuals, int[] groupEnds, int? secondRow)
    {
        encoderGradient.Ensure<T>((long)latents * width);
        decoderGradient.Ensure<T>((long)latents * output);
        var sums = inputSums.Zeroed(latents);
        Workers.For((latents + BlockLatents - 1) / BlockLatents, block =>
        {
            using var noGradient = no_grad();
            var (from, to) = (block * BlockLatents, Math.Min(latents, (block + 1) * BlockLatents));
            var beta = 0;
            for (var number = 0; number < Chunks.Length; number++)
            {
                if (!Chunks[number])
                    continue;
                var chunk = Chunk.Of(rows, number);
                AddChunk(u, residuals, groupEnds, secondRow, chunk, from, to, beta);
                for (var row = chunk.Start; row < chunk.End; row++)
                    Rows<T>.AddScaled(sums + from, back.Pointer<T>() + (long)row * latents + from, T.One, to - from);
                beta = 1;
            }
        });
    }

    /// <summary>Adds the gradients of a latent's rows.</summary>
    /// <returns>The sum of its pre-activations' gradients.</returns>
    public T AddGradients(int latent, T* encoderRow, T* decoderRow)
    {
        Rows<T>.AddScaled(encoderRow, encoderGradient.Pointer<T>() + (long)latent * width, T.One, width);
        Rows<T>.AddScaled(decoderRow, decoderGradient.Pointer<T>() + (long)latent * output, T.One, output);
        return inputSums.Pointer[latent];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { values[0], values[1], back, encoderGradient, decoderGradient, inputSums })
            item.Dispose();
    }

    private void AddChunk(Tensor u, GrownTensor residuals, int[] groupEnds, int? secondRow, Chunk chunk, int from, int to, int beta)
    {
        using var scope = NewDisposeScope();
        Tensor Columns(GrownTensor matrix, int first, int end) => matrix.View(chunk.Start, chunk.Rows, latents).narrow(1, first, end - first).t();
        encoderGradient.View(from, to - from, width).addmm_(Columns(back, from, to), u.narrow(0, chunk.Start, chunk.Rows), beta, 1);
        var (group, at) = (0, from);
        while (at < to)
        {
            while (groupEnds[group] <= at)
                group++;
            var end = Math.Min(to, groupEnds[group]);
            decoderGradient.View(at, end - at, output).addmm_(Columns(values[0], at, end), residuals.View((long)group * rows + chunk.Start, chunk.Rows, output), beta, 1);
            at = end;
        }
        if (secondRow is { } second)
            decoderGradient.View(from, to - from, output).addmm_(Columns(values[1], from, to), residuals.View((long)second + chunk.Start, chunk.Rows, output), 1, 1);
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
