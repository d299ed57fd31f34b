using Interp.Autoencoders;
using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// Gathers what an atlas says of every latent in one pass over whole contexts. Room depends on the dictionary and the spec, not on the number
/// of tokens; bits depend on the order of the contexts alone, not on the batches in which they come nor on threads.
/// </summary>
public sealed class AtlasBuilder
{
    /// <summary>Rows that are taken in together.</summary>
    private const int ChunkRows = 1 << 14;

    /// <summary>Latents of one piece of work.</summary>
    private const int Block = 64;

    private readonly FiringTable table;
    private readonly int counterLength;
    private long firstRow;

    /// <param name="spec">What is kept.</param>
    /// <param name="latents">Size of the dictionary.</param>
    /// <param name="vocabulary">Token ids are below this.</param>
    public AtlasBuilder(AtlasSpec spec, int latents, int vocabulary)
    {
        table = new FiringTable(latents);
        counterLength = Math.Max(latents, vocabulary);
        Records = [.. Enumerable.Range(0, latents).Select(latent => new LatentRecord(spec, latent, latents))];
    }

    /// <summary>What is known of each latent after <see cref="Complete"/>.</summary>
    public IReadOnlyList<LatentRecord> Records { get; }

    /// <summary>Tokens that counted.</summary>
    public long Counted { get; private set; }

    /// <summary>Adds whole contexts of one length.</summary>
    /// <param name="tokens">Token ids, context after context.</param>
    /// <param name="documents">Document of each.</param>
    /// <param name="contextLength">Tokens of a context.</param>
    /// <param name="counted">Whether each counts; those that do not are text without firings.</param>
    /// <param name="fired">Their latents [n, k]; stays the caller's.</param>
    /// <exception cref="InterpException">The numbers of rows do not agree.</exception>
    public void Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> documents, int contextLength, ReadOnlySpan<bool> counted, SparseLatents fired)
    {
        if (documents.Length != tokens.Length || counted.Length != tokens.Length || fired.Count != tokens.Length || tokens.Length % contextLength != 0)
            throw new InterpException($"An atlas is given {tokens.Length} tokens in contexts of {contextLength}, {documents.Length} documents, {counted.Length} marks and the latents of {fired.Count}; give whole contexts with one of each per token.");
        for (var at = 0; at < tokens.Length; at += contextLength)
        {
            using var part = new SparseLatents(fired.Indices.narrow(0, at, contextLength), fired.Values.narrow(0, at, contextLength));
            table.Add(tokens.Slice(at, contextLength), documents.Slice(at, contextLength), contextLength, counted.Slice(at, contextLength), part);
            if (table.Rows >= ChunkRows)
                TakeIn();
        }
        Counted += counted.Count(true);
    }

    /// <summary>Takes in what is left; call it once, after the last contexts.</summary>
    public void Complete() => TakeIn();

    private void TakeIn()
    {
        table.Sort();
        Workers.For((Records.Count + Block - 1) / Block, block =>
        {
            var counts = new ItemCounts(counterLength);
            for (var latent = block * Block; latent < Math.Min(Records.Count, (block + 1) * Block); latent++)
                Records[latent].Add(table, firstRow, counts);
        });
        firstRow += table.Rows;
        table.Clear();
    }
}
