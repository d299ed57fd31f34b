using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The latents that will be dead unless they fire in the batch, known before it is encoded, and their pre-activations, kept from
/// the encoder's product so that no second one is needed.
/// </summary>
internal sealed unsafe class ExpectedDead<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AlignedBuffer<int> latents = new();
    private readonly AlignedBuffer<T> columns = new();

    /// <summary>How many there are; 0 where none are kept.</summary>
    public int Count { get; private set; }

    /// <summary>Lists them.</summary>
    /// <param name="state">Whose counters are read.</param>
    /// <param name="rule">When a latent is dead.</param>
    /// <param name="tokens">Tokens of the batch.</param>
    /// <param name="pays">Whether so many are worth keeping.</param>
    public void List(TrainerState state, DeadRule rule, int tokens, Func<int, bool> pays)
    {
        var silent = TensorMemory.Span<long>(state.Silent);
        var list = latents.Ensure(silent.Length);
        var limit = rule.Counted == DeadCount.BeforeForward ? rule.Window : rule.Window - rule.Step(tokens);
        Count = 0;
        for (var j = 0; j < silent.Length; j++)
        {
            if (silent[j] > limit)
                list[Count++] = j;
        }
        if (!pays(Count))
            Count = 0;
        columns.Ensure((long)tokens * Count);
    }

    /// <summary>Keeps their columns out of a tile.</summary>
    /// <param name="chunk">Rows of the batch that the tile's rows are.</param>
    /// <param name="tile">Pre-activations without bias, row after row.</param>
    /// <param name="offset">The latent of the first column.</param>
    /// <param name="width">Columns.</param>
    public void Collect(Chunk chunk, T* tile, int offset, int width)
    {
        var list = new ReadOnlySpan<int>(latents.Pointer, Count);
        var (from, to) = (FirstAt(list, offset), FirstAt(list, offset + width));
        for (var row = 0; row < chunk.Rows && from < to; row++)
        {
            var into = columns.Pointer + (long)(chunk.Start + row) * Count;
            for (var i = from; i < to; i++)
                into[i] = tile[(long)row * width + list[i] - offset];
        }
    }

    /// <summary>
    /// The pre-activations without bias of those that are dead after all [tokens, dead], in room that this object owns; null where
    /// they were not kept.
    /// </summary>
    /// <param name="dead">The dead, increasing.</param>
    /// <param name="count">How many.</param>
    /// <param name="tokens">Tokens of the batch.</param>
    public AlignedBuffer<T>? Of(int* dead, int count, int tokens)
    {
        if (Count < count || Count == 0)
            return null;
        if (Count > count)
            DropLiving(dead, count, tokens);
        return columns;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        latents.Dispose();
        columns.Dispose();
    }

    private void DropLiving(int* dead, int count, int tokens)
    {
        var kept = new int[count];
        for (var (i, at) = (0, 0); at < count; i++)
        {
            if (latents.Pointer[i] == dead[at])
                kept[at++] = i;
        }
        var numbers = columns.Pointer;
        for (var row = 0L; row < tokens; row++)
        {
            for (var i = 0; i < kept.Length; i++)
                numbers[row * count + i] = numbers[row * Count + kept[i]];
        }
        Count = count;
    }

    private static int FirstAt(ReadOnlySpan<int> sorted, int latent)
    {
        var at = sorted.BinarySearch(latent);
        return at < 0 ? ~at : at;
    }
}
