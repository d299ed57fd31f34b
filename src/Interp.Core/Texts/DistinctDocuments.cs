namespace Interp.Texts;

/// <summary>Documents without those that repeat an earlier one; see <see cref="SeenTexts"/> for what counts as the same. Streams.</summary>
/// <param name="source">The documents.</param>
public sealed class DistinctDocuments(IDocumentSource source) : IDocumentSource
{
    /// <inheritdoc/>
    public string Name => source.Name;

    /// <inheritdoc/>
    public string Digest => DocumentSource.DigestOf("distinct documents 1", source.Digest);

    /// <inheritdoc/>
    public IEnumerable<Document> Read(Action<string>? note = null)
    {
        var seen = new SeenTexts();
        try
        {
            foreach (var document in source.Read(note))
                if (seen.IsNew(document.Text))
                    yield return document;
        }
        finally
        {
            if (seen.Note(Name) is { } sentence)
                note?.Invoke(sentence);
        }
    }
}
