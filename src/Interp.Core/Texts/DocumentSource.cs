using System.Security.Cryptography;
using System.Text;

namespace Interp.Texts;

/// <summary>One text of a corpus.</summary>
/// <param name="Id">Its name in the corpus.</param>
/// <param name="Text">The text itself.</param>
public sealed record Document(string Id, string Text);

/// <summary>A corpus: documents in a fixed order, perhaps without end.</summary>
public interface IDocumentSource
{
    /// <summary>What a reader calls the corpus.</summary>
    string Name { get; }

    /// <summary>SHA-256 (hex) of what the documents are made from: equal digests give equal documents.</summary>
    string Digest { get; }

    /// <summary>The documents, always the same ones in the same order; read lazily.</summary>
    /// <param name="note">Takes a sentence on what was left out, when the reading ends.</param>
    IEnumerable<Document> Read(Action<string>? note = null);
}

/// <summary>Corpora from memory or from a generator; files are read by <see cref="TextFiles"/>.</summary>
public static class DocumentSource
{
    /// <summary>Documents in memory; the digest is that of their ids and texts.</summary>
    public static IDocumentSource Of(string name, IReadOnlyList<Document> documents) => new Given(name, DigestOf(documents), documents);

    /// <summary>Documents of a generator, perhaps without end, that <paramref name="digest"/> identifies.</summary>
    public static IDocumentSource Of(string name, string digest, IEnumerable<Document> documents) => new Given(name, digest, documents);

    /// <summary>SHA-256 (hex) over ids and texts, each with its length before it.</summary>
    public static string DigestOf(IEnumerable<Document> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var document in documents)
        {
            Append(document.Id);
            Append(document.Text);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
    }

    /// <summary>SHA-256 (hex) of a few lines that say how documents are made of others.</summary>
    internal static string DigestOf(params IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    private sealed record Given(string Name, string Digest, IEnumerable<Document> Documents) : IDocumentSource
    {
        public IEnumerable<Document> Read(Action<string>? note) => Documents;
    }
}
