using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;

namespace Interp.Texts;

/// <summary>
/// A corpus in files: <c>.txt</c> (documents are separated by blank lines), <c>.jsonl</c> (one object per line), <c>.csv</c> and <c>.tsv</c>
/// (the first row names the fields), each also compressed as <c>.gz</c>, and <c>.parquet</c>; or a folder of these, in the order of their
/// names, where every <c>.txt</c> is one document.
/// </summary>
/// <remarks>Text is UTF-8; bytes that are not are an error, but in Parquet, whose reader makes them U+FFFD. A document's id is its <c>id</c> field, else file name and line or row.</remarks>
public sealed class TextFiles : IDocumentSource
{
    private readonly string where;
    private readonly string[] files;
    private readonly bool folder;
    private readonly DocumentForm form;
    private readonly Lazy<string> digest;

    private TextFiles(string name, string where, string[] files, bool folder, DocumentForm form)
    {
        Name = name;
        this.where = where;
        this.files = files;
        this.folder = folder;
        this.form = form;
        digest = new Lazy<string>(ComputeDigest);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>SHA-256 (hex) over the bytes of the files and the rule by which they are read.</summary>
    public string Digest => digest.Value;

    /// <summary>Opens a file or folder; its contents are read by <see cref="Read"/>.</summary>
    /// <param name="path">The file or folder; folders in it are not looked into.</param>
    /// <param name="form">How a record becomes a document; null: its field <c>text</c> is the text.</param>
    /// <param name="name">What a reader calls the corpus; null: the name of the file or folder.</param>
    /// <exception cref="InterpException">Nothing there, or nothing of a kind that is served.</exception>
    public static TextFiles Open(string path, DocumentForm? form = null, string? name = null)
    {
        var where = name ?? path;
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        form ??= new DocumentForm();
        if (Directory.Exists(path))
        {
            var found = Directory.GetFiles(path).Where(IsServed).Order(StringComparer.Ordinal).ToArray();
            return found.Length > 0
                ? new TextFiles(name, where, found, folder: true, form)
                : throw new InterpException($"The corpus folder {path} holds no file that is read ({TextFormat.AllEndings}); add some, or name another folder.");
        }
        if (!File.Exists(path))
            throw new InterpException($"There is no corpus {path}; give a file ({TextFormat.AllEndings}), or a folder of them.");
        return IsServed(path)
            ? new TextFiles(name, where, [path], folder: false, form)
            : throw new InterpException($"The corpus {path} is of none of the kinds that are read ({TextFormat.AllEndings}); convert it to one of these.");
    }

    /// <summary>Whether the ending of a path is one of those that are read.</summary>
    public static bool IsServed(string path) => TextFormat.Of(path) is not null;

    /// <inheritdoc/>
    /// <exception cref="InterpException">A file cannot be read, a record lacks its text, or there is no document at all.</exception>
    public IEnumerable<Document> Read(Action<string>? note = null)
    {
        var any = false;
        foreach (var document in files.SelectMany(file => TextFormat.Of(file)!.Read(file, form, folder)))
        {
            any = true;
            yield return document;
        }
        if (!any)
            throw new InterpException($"The corpus {where} is empty; give one with text.");
    }

    private string ComputeDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"text files 1\n{(folder ? "folder" : "file")}\n{form.Rule}\n"));
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\n"));
            try
            {
                using var stream = File.OpenRead(file);
                hash.AppendData(SHA256.HashData(stream));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InterpException($"The corpus file {file} cannot be read: {e.Message}", e);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
