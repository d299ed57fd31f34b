namespace Interp.Texts;

/// <summary>A kind of file that holds documents.</summary>
internal abstract class TextFormat(params string[] endings)
{
    /// <summary>Every kind that is read. A new one is its file and a name here.</summary>
    public static readonly TextFormat[] All = [new PlainText(), new JsonLines(), new DelimitedTable(), new ParquetTable()];

    /// <summary>Endings of the files' names.</summary>
    public IReadOnlyList<string> Endings => endings;

    /// <summary>All endings, for messages.</summary>
    public static string AllEndings { get; } = string.Join(", ", All.SelectMany(format => format.Endings));

    /// <summary>The documents of a file, in its order; read lazily.</summary>
    /// <param name="file">The file.</param>
    /// <param name="form">How a record becomes a document.</param>
    /// <param name="inFolder">Whether it is one of the files of a folder.</param>
    public abstract IEnumerable<Document> Read(string file, DocumentForm form, bool inFolder);

    /// <summary>The kind of a file by its name; null when it is not read.</summary>
    public static TextFormat? Of(string path) =>
        All.FirstOrDefault(format => format.Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>A kind of file whose documents are records with named fields.</summary>
internal abstract class RecordFormat(params string[] endings) : TextFormat(endings)
{
    /// <inheritdoc/>
    public sealed override IEnumerable<Document> Read(string file, DocumentForm form, bool inFolder) => Records(file).Select(form.Make);

    /// <summary>The records of a file, in its order; read lazily.</summary>
    protected abstract IEnumerable<TextRecord> Records(string file);
}
