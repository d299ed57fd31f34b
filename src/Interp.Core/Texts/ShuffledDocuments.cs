using Interp.Runtime;

namespace Interp.Texts;

/// <summary>
/// Documents in an order that follows from a seed. A buffer holds the next documents of the source, up to 16 384 of them or 64 Mi
/// characters; each document that goes out is drawn from it evenly. A corpus that fits is thus permuted evenly; of a larger one,
/// which may be endless, a document never comes more than a buffer's length early.
/// </summary>
/// <param name="source">The documents.</param>
/// <param name="seed">Decides the order.</param>
public sealed class ShuffledDocuments(IDocumentSource source, long seed) : IDocumentSource
{
    private const int MostDocuments = 1 << 14;
    private const long MostCharacters = 1L << 26;

    /// <inheritdoc/>
    public string Name => source.Name;

    /// <inheritdoc/>
    public string Digest => DocumentSource.DigestOf("shuffled documents 1", FormattableString.Invariant($"{seed}"), source.Digest);

    /// <inheritdoc/>
    public IEnumerable<Document> Read(Action<string>? note = null)
    {
        var (draws, buffer, characters) = (new RandomStream(seed, "corpus/order"), new List<Document>(), 0L);
        foreach (var document in source.Read(note))
        {
            buffer.Add(document);
            characters += document.Text.Length;
            while (buffer.Count >= MostDocuments || characters >= MostCharacters)
                yield return Draw();
        }
        while (buffer.Count > 0)
            yield return Draw();

        Document Draw()
        {
            var at = draws.Next(buffer.Count);
            var drawn = buffer[at];
            buffer[at] = buffer[^1];
            buffer.RemoveAt(buffer.Count - 1);
            characters -= drawn.Text.Length;
            return drawn;
        }
    }
}
