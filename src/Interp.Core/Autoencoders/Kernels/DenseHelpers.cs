using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// AuxK by dense products over the dead latents, for when these are few. With Z the values [n, dead], E' = Z·D + r and
/// S = E'·Dᵀ where Z is active, the gradients are ZᵀE' and SᵀU, up to the term's scale.
/// </summary>
/// <param name="width">Width d of a token.</param>
/// <param name="output">Width d' of the reconstruction.</param>
/// <param name="type">Element type.</param>
internal sealed unsafe class DenseHelpers<T>(int width, int output, ScalarType type) : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Dead latents per piece of the backward products.</summary>
    private const int BlockLatents = 64;

    private readonly GrownTensor encoder = new(type), decoder = new(type), ownValues = new(type), back = new(type);
    private readonly GrownTensor encoderGradient = new(type), decoderGradient = new(type);
    private readonly AlignedBuffer<T> bias = new();
    private readonly AlignedBuffer<T> ranks = new();
    private readonly AlignedBuffer<T> biasGradient = new();
    private GrownTensor? collected;
    private bool isRanked;
    private bool keepsNegative;
    private int dead;

    /// <summary>Whether the dense way is taken: up to four dead latents per helper that a token may have.</summary>
    /// <param name="dead">Dead latents.</param>
    /// <param name="k">Helpers per token at most.</param>
    public static bool Pays(int dead, int k) => dead > 0 && dead <= 4L * k;

    /// <summary>Gathers the rows of the dead latents.</summary>
    /// <param name="state">What is trained.</param>
    /// <param name="latents">The dead, increasing.</param>
    /// <param name="count">How many.</param>
    /// <param name="tokens">Tokens of the batch.</param>
    /// <param name="kept">Their pre-activations without bias [tokens, dead], which are overwritten; null: they are computed.</param>
    /// <param name="norms">What pre-activations are multiplied by to be ranked [M]; null: nothing.</param>
    /// <param name="withNegative">Whether a helper may be below 0.</param>
    public void Gather(TrainerState state, int* latents, int count, int tokens, GrownTensor? kept, T* norms, bool withNegative)
    {
        (dead, isRanked, keepsNegative) = (count, norms is not null, withNegative);
        collected = kept;
        var toEncoder = encoder.Ensure<T>((long)count * width);
        var toDecoder = decoder.Ensure<T>((long)count * output);
        var toBias = bias.Ensure(count);
        var toRanks = ranks.Ensure(count);
        if (collected is null)
            ownValues.Ensure<T>((long)tokens * count);
        back.Ensure<T>((long)tokens * count);
        encoderGradient.Ensure<T>((long)count * width);
        decoderGradient.Ensure<T>((long)count * output);
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
    /// <param name="residuals">The chunk's residuals [rows, d'].</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="k">Helpers per token at most.</param>
    /// <param name="scratch">The thread's room.</param>
    public void Decode(Tensor u, Tensor residuals, Chunk chunk, int k, ChunkScratch<T> scratch)
    {
        using var scope = NewDisposeScope();
        var z = Values.View(chunk.Start, chunk.Rows, dead);
        if (collected is null)
            z.addmm_(u.narrow(0, chunk.Start, chunk.Rows), encoder.View(0, dead, width).t(), 0, 1);
        var pre = TensorMemory.Pointer<T>(z);
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
        residuals.addmm_(z, decoder.View(0, dead, output));
    }

    /// <summary>Leaves the products of a chunk's residuals with the decoder's rows of the helpers.</summary>
    public void Project(Tensor residuals, Chunk chunk, int k)
    {
        using var scope = NewDisposeScope();
        var s = back.View(chunk.Start, chunk.Rows, dead);
        s.addmm_(residuals, decoder.View(0, dead, output).t(), 0, 1);
        var values = Values.Pointer<T>() + (long)chunk.Start * dead;
        if (!keepsNegative)
            Rows<T>.KeepWherePositive(TensorMemory.Pointer<T>(s), values, (long)chunk.Rows * dead);
        else if (k < dead)
            Rows<T>.KeepWhereNotZero(TensorMemory.Pointer<T>(s), values, (long)chunk.Rows * dead);
    }

    /// <summary>The gradients of the dead latents' rows, without the term's scale.</summary>
    /// <param name="u">Centred tokens [n, d].</param>
    /// <param name="residuals">Residuals with the helpers [n, d'].</param>
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
                decoderGradient.View(start, count, output).addmm_(Values.View(0, tokens, dead).narrow(1, start, count).t(), residuals, 0, 1);
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
    /// <param name="decoderRow">Gradient of the decoder's row [d'].</param>
    /// <returns>Its share of the encoder bias's gradient.</returns>
    public T AddGradients(int which, T scale, T* encoderRow, T* decoderRow)
    {
        Rows<T>.AddScaled(encoderRow, encoderGradient.Pointer<T>() + (long)which * width, scale, width);
        Rows<T>.AddScaled(decoderRow, decoderGradient.Pointer<T>() + (long)which * output, scale, output);
        return biasGradient.Pointer[which] * scale;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { encoder, decoder, ownValues, back, encoderGradient, decoderGradient, bias, ranks, biasGradient })
            item.Dispose();
    }

    private GrownTensor Values => collected ?? ownValues;

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
