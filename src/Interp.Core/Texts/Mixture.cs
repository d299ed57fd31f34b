using System.Globalization;
using Interp.Runtime;
using Interp.Tokenization;

namespace Interp.Texts;

/// <summary>
/// Several sources in one, by weights that are shares of tokens. The next document is always taken from the source with the fewest
/// tokens per weight so far, the first among equals. So at every moment the tokens per weight of two sources differ by less
/// than one document of the one that is ahead. The mixture ends with the first source that has no more: its shares hold to the end.
/// </summary>
public sealed class Mixture : IDocumentSource
{
    private const int MeasuredAtOnce = 64;

    private readonly (IDocumentSource Source, double Weight)[] parts;
    private readonly Func<string, int> count;
    private readonly string countDigest;
    private readonly bool distinct;

    /// <summary>Mixes sources by tokens of a tokenizer.</summary>
    /// <param name="parts">The sources and their weights, which need not add up to 1.</param>
    /// <param name="tokenizer">Counts the tokens.</param>
    /// <param name="distinct">Whether to leave out documents that repeat one of any source; they count for no share.</param>
    /// <exception cref="InterpException">No source, or a weight that is no number above 0.</exception>
    public Mixture(IEnumerable<(IDocumentSource Source, double Weight)> parts, Tokenizer tokenizer, bool distinct = false)
        : this(parts, text => tokenizer.Encode(text, addSpecialTokens: false).Ids.Length, tokenizer.Digest, distinct)
    {
    }

    /// <summary>The same with another measure; <paramref name="countDigest"/> identifies it.</summary>
    internal Mixture(IEnumerable<(IDocumentSource Source, double Weight)> parts, Func<string, int> count, string countDigest, bool distinct)
    {
        (this.parts, this.count, this.countDigest, this.distinct) = ([.. parts], count, countDigest, distinct);
        if (this.parts.Length == 0)
            throw new InterpException("A mixture has no source; name at least one.");
        foreach (var (source, weight) in this.parts)
            if (!(weight > 0 && double.IsFinite(weight)))
                throw new InterpException(FormattableString.Invariant($"The weight of {source.Name} in a mixture is {weight}; give a number above 0."));
    }

    /// <inheritdoc/>
    public string Name => string.Join(" + ", parts.Select(part => FormattableString.Invariant($"{part.Weight} {part.Source.Name}")));

    /// <inheritdoc/>
    public string Digest => DocumentSource.DigestOf(
    [
        $"mixture 1 {(distinct ? "distinct" : "all")}",
        countDigest,
        .. parts.Select(part => $"{part.Weight.ToString("R", CultureInfo.InvariantCulture)} {part.Source.Digest}"),
    ]);

    /// <inheritdoc/>
    public IEnumerable<Document> Read(Action<string>? note = null)
    {
        var seen = distinct ? new SeenTexts() : null;
        IEnumerator<(Document Document, int Tokens)>[] readers = [.. parts.Select(part => Measured(part.Source, seen, note).GetEnumerator())];
        var given = new long[parts.Length];
        try
        {
            int next;
            while (readers[next = Behind()].MoveNext())
            {
                var (document, tokens) = readers[next].Current;
                given[next] += tokens;
                yield return document;
            }
            note?.Invoke(FormattableString.Invariant(
                $"The mixture ended after {given.Sum()} tokens, because its source {parts[next].Source.Name} has no more than {given[next]}: the shares hold only while every source has text. Give more of it or a lower weight, where that is too few."));
        }
        finally
        {
            foreach (var reader in readers)
                reader.Dispose();
            if (seen?.Note(Name) is { } sentence)
                note?.Invoke(sentence);
        }

        int Behind() => Enumerable.Range(0, parts.Length).MinBy(i => given[i] / parts[i].Weight);
    }

    /// <summary>Documents and their tokens, which all cores count for some documents at once.</summary>
    private IEnumerable<(Document Document, int Tokens)> Measured(IDocumentSource source, SeenTexts? seen, Action<string>? note)
    {
        foreach (var documents in source.Read(note).Where(document => seen?.IsNew(document.Text) ?? true).Chunk(MeasuredAtOnce))
        {
            var tokens = new int[documents.Length];
            Workers.For(documents.Length, i => tokens[i] = count(documents[i].Text));
            for (var i = 0; i < documents.Length; i++)
                yield return (documents[i], tokens[i]);
        }
    }
}
