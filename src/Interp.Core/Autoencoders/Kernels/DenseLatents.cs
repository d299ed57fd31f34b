using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// A term by dense products over some latents, for when many of them are active: AuxK over the dead, or the main term over all
/// when k is large. With Z the values [n, latents], E' = Z·D + r and S = E'·Dᵀ where Z > 0, the gradients are ZᵀE' and SᵀU, up
/// to the term's scale.
/// </summary>
internal sealed unsafe class DenseLatents<T>(int width, ScalarType type) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Dead latents per piece of the backward products.</summary>
    private const int BlockLatents = 64;

    private readonly GrownTensor encoder = new(type), decoder = new(type), values = new(type), back = new(type);
    private readonly GrownTensor encoderGradient = new(type), decoderGradient = new(type);
    private readonly AlignedBuffer<T> bias = new();
    private readonly AlignedBuffer<T> biasGradient = new();
    private readonly AlignedBuffer<int> candidates = new();
    private int expected;
    private int dead;

    /// <summary>Whether the dense way is taken: up to four dead latents per helper that a token may have.</summary>
    /// <param name="dead">Dead latents.</param>
    /// <param name="k">Helpers per token at most.</param>
    public static bool Pays(int dead, int k) => dead > 0 && dead <= 4L * k;

    /// <summary>
    /// Whether the main term is computed densely: from one active latent in four on, where the four further products begin to cost
    /// less than gathering (docs/performance.md).
    /// </summary>
    /// <param name="k">Active latents per token.</param>
    /// <param name="latents">Latents.</param>
    public static bool PaysForAll(int k, int latents) => 4L * k >= latents;

    /// <summary>
    /// Lists, before a batch is encoded, the latents that will be dead unless they fire in it, so that <see cref="Collect"/> can
    /// keep their pre-activations; with <paramref name="k"/> = 0, none.
    /// </summary>
    public void Expect(TrainerState state, DeadRule rule, int k, int tokens)
    {
        var silent = TensorMemory.Span<long>(state.Silent);
        var list = candidates.Ensure(silent.Length);
        var limit = rule.Window - rule.Step(tokens);
        expected = 0;
        for (var j = 0; j < silent.Length; j++)
        {
            if (silent[j] > limit)
                list[expected++] = j;
        }
        if (!Pays(expected, k))
            expected = 0;
        values.Ensure<T>((long)tokens * expected);
    }

    /// <summary>Keeps the expected latents' pre-activations out of a tile of them.</summary>
    /// <param name="start">Row of the batch that the tile's first row is.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="tile">Pre-activations without bias, row after row.</param>
    /// <param name="offset">The latent of the first column.</param>
    /// <param name="columns">Columns.</param>
    public void Collect(int start, int rows, T* tile, int offset, int columns)
    {
        var list = new ReadOnlySpan<int>(candidates.Pointer, expected);
        var (from, to) = (FirstAt(list, offset), FirstAt(list, offset + columns));
        for (var row = 0; row < rows && from < to; row++)
        {
            var into = values.Pointer<T>() + (long)(start + row) * expected;
            for (var i = from; i < to; i++)
                into[i] = tile[(long)row * columns + list[i] - offset];
        }
    }

    /// <summary>Gathers the rows of the dead latents, and their pre-activations where they were not collected.</summary>
    public void Gather(TrainerState state, int* latents, int count, int tokens)
    {
        dead = count;
        if (expected >= count)
            DropLiving(latents, tokens);
        else
            expected = 0;
        var toEncoder = encoder.Ensure<T>((long)count * width);
        var toDecoder = decoder.Ensure<T>((long)count * width);
        var toBias = bias.Ensure(count);
        if (expected == 0)
            values.Ensure<T>((long)tokens * count);
        back.Ensure<T>((long)tokens * count);
        encoderGradient.Ensure<T>((long)count * width);
        decoderGradient.Ensure<T>((long)count * width);
        var e = TensorMemory.Pointer<T>(state.EncoderWeight.Value);
        var d = TensorMemory.Pointer<T>(state.DecoderWeight.Value);
        var c = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        for (var i = 0; i < count; i++)
        {
            Rows<T>.Copy(toEncoder + (long)i * width, e + (long)latents[i] * width, width);
            Rows<T>.Copy(toDecoder + (long)i * width, d + (long)latents[i] * width, width);
            toBias[i] = c[latents[i]];
        }
    }

    /// <summary>Adds what the helpers decode to the residuals of a chunk, and leaves the products with the decoder's rows.</summary>
    /// <param name="u">Centred tokens of the chunk [rows, d].</param>
    /// <param name="residuals">The chunk's residuals [rows, d].</param>
    /// <param name="start">First row of the chunk.</param>
    /// <param name="k">Helpers per token at most.</param>
    /// <param name="scratch">The thread's room.</param>
    /// <param name="codes">Where the active latents of each row are listed too; null: nowhere.</param>
    public void Forward(Tensor u, Tensor residuals, int start, int k, ChunkScratch<T> scratch, SparseCodes<T>? codes = null)
    {
        using var scope = NewDisposeScope();
        var rows = (int)u.shape[0];
        var z = values.View(start, rows, dead);
        var s = back.View(start, rows, dead);
        var directions = decoder.View(0, dead, width);
        if (expected == 0)
            z.addmm_(u, encoder.View(0, dead, width).t(), 0, 1);
        var pre = TensorMemory.Pointer<T>(z);
        if (k < dead || codes is not null)
            KeepLargest(pre, start, rows, k, scratch, codes);
        else
        {
            for (var row = 0; row < rows; row++)
                Rows<T>.AddAndRectify(pre + (long)row * dead, bias.Pointer, dead);
        }
        residuals.addmm_(z, directions);
        s.addmm_(residuals, directions.t(), 0, 1);
        Rows<T>.KeepWherePositive(TensorMemory.Pointer<T>(s), pre, (long)rows * dead);
    }

    /// <summary>The gradients of the dead latents' rows, without the term's scale.</summary>
    /// <param name="u">Centred tokens [n, d].</param>
    /// <param name="residuals">Residuals with the helpers [n, d].</param>
    public void Backward(Tensor u, Tensor residuals)
    {
        var tokens = (int)u.shape[0];
        var sums = biasGradient.Zeroed(dead);
        Workers.For(2 * ((dead + BlockLatents - 1) / BlockLatents), piece =>
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var start = piece / 2 * BlockLatents;
            var count = Math.Min(BlockLatents, dead - start);
            if (piece % 2 == 0)
            {
                decoderGradient.View(start, count, width).addmm_(values.View(0, tokens, dead).narrow(1, start, count).t(), residuals, 0, 1);
                return;
            }
            encoderGradient.View(start, count, width).addmm_(back.View(0, tokens, dead).narrow(1, start, count).t(), u, 0, 1);
            for (var row = 0; row < tokens; row++)
                Rows<T>.AddScaled(sums + start, back.Pointer<T>() + (long)row * dead + start, T.One, count);
        });
    }

    /// <summary>Adds the scaled gradients of a dead latent.</summary>
    /// <param name="which">Its place among the dead.</param>
    /// <param name="scale">The term's.</param>
    /// <param name="encoderRow">Gradient of the encoder's row [d].</param>
    /// <param name="decoderRow">Gradient of the decoder's row [d].</param>
    /// <returns>Its share of the encoder bias's gradient.</returns>
    public T AddGradients(int which, T scale, T* encoderRow, T* decoderRow)
    {
        Rows<T>.AddScaled(encoderRow, encoderGradient.Pointer<T>() + (long)which * width, scale, width);
        Rows<T>.AddScaled(decoderRow, decoderGradient.Pointer<T>() + (long)which * width, scale, width);
        return biasGradient.Pointer[which] * scale;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { encoder, decoder, values, back, encoderGradient, decoderGradient, bias, biasGradient, candidates })
            item.Dispose();
    }

    private static int FirstAt(ReadOnlySpan<int> sorted, int latent)
    {
        var at = sorted.BinarySearch(latent);
        return at < 0 ? ~at : at;
    }

    /// <summary>Takes the columns of those that fired after all out of the collected pre-activations.</summary>
    private void DropLiving(int* latents, int tokens)
    {
        if (expected == dead)
            return;
        var columns = new int[dead];
        for (var (i, at) = (0, 0); at < dead; i++)
        {
            if (candidates.Pointer[i] == latents[at])
                columns[at++] = i;
        }
        var numbers = values.Pointer<T>();
        for (var row = 0L; row < tokens; row++)
        {
            for (var i = 0; i < columns.Length; i++)
                numbers[row * dead + i] = numbers[row * expected + columns[i]];
        }
    }

    private void KeepLargest(T* pre, int start, int rows, int k, ChunkScratch<T> scratch, SparseCodes<T>? codes)
    {
        using var ownIndices = new AlignedBuffer<int>();
        using var ownValues = new AlignedBuffer<T>();
        var kept = ownIndices.Ensure(k);
        var keptValues = ownValues.Ensure(k);
        scratch.Selector.Begin(rows, k);
        for (var row = 0; row < rows; row++)
        {
            var numbers = pre + (long)row * dead;
            scratch.Selector.Feed(row, numbers, bias.Pointer, 0, dead);
            var count = scratch.Selector.Take(row, kept, keptValues);
            new Span<T>(numbers, dead).Clear();
            for (var s = 0; s < count; s++)
                numbers[kept[s]] = keptValues[s];
            if (codes is null)
                continue;
            codes.Counts[start + row] = count;
            new ReadOnlySpan<int>(kept, count).CopyTo(new Span<int>(codes.Indices(start + row), count));
            Rows<T>.Copy(codes.Values(start + row), keptValues, count);
        }
    }
}

/// <summary>A flat tensor that grows as needed and is looked at as a matrix.</summary>
internal sealed unsafe class GrownTensor(ScalarType type) : IDisposable
{
    private Tensor room = empty(1, dtype: type, device: CPU).DetachFromDisposeScope();

    /// <summary>Makes room for so many numbers; what was there is lost when it grows.</summary>
    public T* Ensure<T>(long count) where T : unmanaged
    {
        if (room.numel() < count)
        {
            var size = Math.Max(count, room.numel() * 5 / 4);
            room.Dispose();
            room = empty(size, dtype: type, device: CPU).DetachFromDisposeScope();
        }
        return Pointer<T>();
    }

    /// <summary>The first number.</summary>
    public T* Pointer<T>() where T : unmanaged => TensorMemory.Pointer<T>(room);

    /// <summary>Rows of the matrix of a number of columns that begins where the room begins.</summary>
    public Tensor View(long start, long rows, long columns) => room.narrow(0, start * columns, rows * columns).view(rows, columns);

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();
}
