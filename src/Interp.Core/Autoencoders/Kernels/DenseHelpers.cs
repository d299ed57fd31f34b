using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// AuxK by dense products over the dead latents, for when these are few. With Z the values [n, dead], E' = Z·D + r and
/// S = E'·Dᵀ where Z is active, the gradients are ZᵀE' and SᵀU, up to the term's scale.
/// </summary>
/// <param name="width">Width d of a token.</param>
/// <param name="output">Width d' of the reconstruction.</param>
internal sealed unsafe class DenseHelpers<T>(int width, int output) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns per piece of the backward products.</summary>
    private const int PieceColumns = 256;

    private readonly AlignedBuffer<T> encoder = new(), decoder = new(), ownValues = new(), back = new();
    private readonly AlignedBuffer<T> encoderGradient = new(), decoderGradient = new();
    private readonly AlignedBuffer<T> bias = new();
    private readonly AlignedBuffer<T> ranks = new();
    private readonly AlignedBuffer<T> biasGradient = new();
    private AlignedBuffer<T>? collected;
    private bool isRanked;
    private bool keepsNegative;
    private int dead, tokens;

    /// <summary>Whether the dense way is taken: up to four dead latents per helper that a token may have.</summary>
    /// <param name="dead">Dead latents.</param>
    /// <param name="k">Helpers per token at most.</param>
    public static bool Pays(int dead, int k) => dead > 0 && dead <= 4L * k;

    /// <summary>Gathers the rows of the dead latents.</summary>
    /// <param name="state">What is trained.</param>
    /// <param name="latents">The dead, increasing.</param>
    /// <param name="count">How many.</param>
    /// <param name="batch">Tokens of the batch.</param>
    /// <param name="kept">Their pre-activations without bias [tokens, dead], which are overwritten; null: they are computed.</param>
    /// <param name="norms">What pre-activations are multiplied by to be ranked [M]; null: nothing.</param>
    /// <param name="withNegative">Whether a helper may be below 0.</param>
    public void Gather(TrainerState state, int* latents, int count, int batch, AlignedBuffer<T>? kept, T* norms, bool withNegative)
    {
        (dead, tokens, isRanked, keepsNegative) = (count, batch, norms is not null, withNegative);
        collected = kept;
        var toEncoder = encoder.Ensure((long)count * width);
        var toDecoder = decoder.Ensure((long)count * output);
        var toBias = bias.Ensure(count);
        var toRanks = ranks.Ensure(count);
        if (collected is null)
            ownValues.Ensure((long)tokens * count);
        back.Ensure((long)tokens * count);
        encoderGradient.Ensure((long)count * width);
        decoderGradient.Ensure((long)count * output);
        var e = TensorMemory.Pointer<T>(state.EncoderWeight.Value);
        var d = TensorMemory.Pointer<T>(state.DecoderWeight.Value);
        var c = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        for (var i = 0; i < count; i++)
        {
            Rows<T>.Copy(toEncoder + (long)i * width, e + (long)latents[i] * width, width);
            Rows<T>.Copy(toDecoder + (long)i * output, d + (long)latents[i] * output, output);
            toBias[i] = c[latents[i]];
            toRanks[i] = isRanked ? norms[latents[i]] : T.One;
        }
    }

    /// <summary>Adds what the helpers decode to the residuals of a chunk.</summary>
    /// <param name="u">Centred tokens [n, d].</param>
    /// <param name="residuals">Residuals of the batch [n, d'].</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="k">Helpers per token at most.</param>
    /// <param name="scratch">The thread's room.</param>
    public void Decode(Strided<T> u, Strided<T> residuals, Chunk chunk, int k, ChunkScratch<T> scratch)
    {
        var z = Values.Matrix(tokens, dead).RowRange(chunk.Start, chunk.Rows);
        if (collected is null)
            MatrixProduct<T>.Multiply(u.RowRange(chunk.Start, chunk.Rows), encoder.Matrix(dead, width).Transposed, z);
        var pre = z.Start;
        if (k < dead)
            KeepLargest(pre, chunk.Rows, k, scratch);
        else
        {
            for (var row = 0; row < chunk.Rows; row++)
            {
                if (keepsNegative)
                    Rows<T>.AddScaled(pre + (long)row * dead, bias.Pointer, T.One, dead);
                else
                    Rows<T>.AddAndRectify(pre + (long)row * dead, bias.Pointer, dead);
            }
        }
        MatrixProduct<T>.Multiply(z, decoder.Matrix(dead, output), residuals.RowRange(chunk.Start, chunk.Rows), accumulate: true);
    }

    /// <summary>Leaves the products of a chunk's residuals, of those of the batch [n, d'], with the decoder's rows of the helpers.</summary>
    public void Project(Strided<T> residuals, Chunk chunk, int k)
    {
        var s = back.Matrix(tokens, dead).RowRange(chunk.Start, chunk.Rows);
        MatrixProduct<T>.Multiply(residuals.RowRange(chunk.Start, chunk.Rows), decoder.Matrix(dead, output).Transposed, s);
        var values = Values.Pointer + (long)chunk.Start * dead;
        if (!keepsNegative)
            Rows<T>.KeepWherePositive(s.Start, values, (long)chunk.Rows * dead);
        else if (k < dead)
            Rows<T>.KeepWhereNotZero(s.Start, values, (long)chunk.Rows * dead);
    }

    /// <summary>The gradients of the dead latents' rows, without the term's scale.</summary>
    /// <param name="u">Centred tokens [n, d].</param>
    /// <param name="residuals">Residuals with the helpers [n, d'].</param>
    public void Backward(Strided<T> u, Strided<T> residuals)
    {
        var sums = biasGradient.Zeroed(dead);
        var ofDecoder = (output + PieceColumns - 1) / PieceColumns;
        Workers.For(ofDecoder + (width + PieceColumns - 1) / PieceColumns, piece =>
        {
            if (piece < ofDecoder)
            {
                Multiply(Values, residuals, decoderGradient, piece);
                return;
            }
            Multiply(back, u, encoderGradient, piece - ofDecoder);
            for (var row = 0; row < tokens && piece == ofDecoder; row++)
                Rows<T>.AddScaled(sums, back.Pointer + (long)row * dead, T.One, dead);
        });
    }

    /// <summary>Adds the scaled gradients of a dead latent.</summary>
    /// <param name="which">Its place among the dead.</param>
    /// <param name="scale">The term's.</param>
    /// <param name="encoderRow">Gradient of the encoder's row [d].</param>
    /// <param name="decoderRow">Gradient of the decoder's row [d'].</param>
    /// <returns>Its share of the encoder bias's gradient.</returns>
    public T AddGradients(int which, T scale, T* encoderRow, T* decoderRow)
    {
        Rows<T>.AddScaled(encoderRow, encoderGradient.Pointer + (long)which * width, scale, width);
        Rows<T>.AddScaled(decoderRow, decoderGradient.Pointer + (long)which * output, scale, output);
        return biasGradient.Pointer[which] * scale;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { encoder, decoder, ownValues, back, encoderGradient, decoderGradient, bias, ranks, biasGradient })
            item.Dispose();
    }

    private AlignedBuffer<T> Values => collected ?? ownValues;

    private void Multiply(AlignedBuffer<T> weights, Strided<T> rows, AlignedBuffer<T> gradient, int piece)
    {
        var from = piece * PieceColumns;
        var columns = Math.Min(PieceColumns, rows.Columns - from);
        var result = gradient.Matrix(dead, rows.Columns).ColumnRange(from, columns);
        MatrixProduct<T>.Multiply(weights.Matrix(tokens, dead).Transposed, rows.ColumnRange(from, columns), result);
    }

    private void KeepLargest(T* pre, int rows, int k, ChunkScratch<T> scratch)
    {
        using var ownIndices = new AlignedBuffer<int>();
        using var ownKept = new AlignedBuffer<T>();
        using var nothing = new AlignedBuffer<T>();
        var kept = ownIndices.Ensure(k);
        var keptValues = ownKept.Ensure(k);
        var offsets = isRanked ? nothing.Zeroed(dead) : bias.Pointer;
        scratch.Selector.Begin(rows, k, keepsNegative);
        for (var row = 0; row < rows; row++)
        {
            var numbers = pre + (long)row * dead;
            if (isRanked)
                Rows<T>.Rank(numbers, bias.Pointer, ranks.Pointer, dead);
            scratch.Selector.Feed(row, numbers, offsets, 0, dead);
            var count = scratch.Selector.Take(row, kept, keptValues);
            new Span<T>(numbers, dead).Clear();
            for (var s = 0; s < count; s++)
                numbers[kept[s]] = isRanked ? keptValues[s] / ranks.Pointer[kept[s]] : keptValues[s];
        }
    }
}
