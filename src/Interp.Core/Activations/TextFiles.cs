using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Interp.Runtime;

namespace Interp.Activations;

/// <summary>
/// A corpus in files: <c>.txt</c> (documents are separated by blank lines), <c>.jsonl</c> and <c>.jsonl.gz</c> (one object
/// per line), or a folder of these, in the order of their names, where every <c>.txt</c> is one document.
/// </summary>
/// <remarks>Text is UTF-8; bytes that are not become U+FFFD. A document's id is its <c>id</c> field, else file name and line.</remarks>
public sealed class TextFiles : IDocumentSource
{
    private static readonly string[] Endings = [".txt", ".jsonl", ".jsonl.gz"];

    private readonly string[] files;
    private readonly bool folder;
    private readonly string textField;
    private readonly Lazy<string> digest;

    private TextFiles(string name, string[] files, bool folder, string textField)
    {
        Name = name;
        this.files = files;
        this.folder = folder;
        this.textField = textField;
        digest = new Lazy<string>(ComputeDigest);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>SHA-256 (hex) over the bytes of the files and the rule by which they are read.</summary>
    public string Digest => digest.Value;

    /// <summary>Opens a file or folder; its contents are read by <see cref="Read"/>.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="textField">Name of the field that holds the text of a JSON line.</param>
    /// <exception cref="InterpException">Nothing there, or nothing of a kind that is served.</exception>
    public static TextFiles Open(string path, string textField = "text")
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (Directory.Exists(path))
        {
            var found = Directory.GetFiles(path).Where(IsServed).Order(StringComparer.Ordinal).ToArray();
            return found.Length > 0
                ? new TextFiles(name, found, folder: true, textField)
                : throw new InterpException($"The corpus folder {path} holds no .txt, .jsonl or .jsonl.gz file; add some, or name another folder.");
        }
        if (!File.Exists(path))
            throw new InterpException($"There is no corpus {path}; give a .txt, .jsonl or .jsonl.gz file, or a folder of them.");
        return IsServed(path)
            ? new TextFiles(name, [path], folder: false, textField)
            : throw new InterpException($"The corpus {path} is neither .txt nor .jsonl nor .jsonl.gz; convert it to one of these.");
    }

    /// <summary>Whether the ending of a path is one of those that are read.</summary>
    public static bool IsServed(string path) => Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    /// <exception cref="InterpException">A file cannot be read, a line is not JSON or lacks its text, or there is no document at all.</exception>
    public IEnumerable<Document> Read()
    {
        var any = false;
        foreach (var document in files.SelectMany(ReadFile))
        {
            any = true;
            yield return document;
        }
        if (!any)
            throw new InterpException($"The corpus {(folder ? Path.GetDirectoryName(files[0]) : files[0])} is empty; give one with text.");
    }

    private IEnumerable<Document> ReadFile(string file) =>
        file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? ReadText(file) : ReadJsonLines(file);

    private IEnumerable<Document> ReadText(string file)
    {
        var text = new StringBuilder();
        var (start, line) = (1, 0);
        foreach (var content in BoundedLines.Read(file))
        {
            line++;
            var blank = string.IsNullOrWhiteSpace(content);
            if (blank && text.Length > 0 && !folder)
            {
                yield return new Document(IdOf(file, start), text.ToString());
                text.Clear();
            }
            if (text.Length == 0)
            {
                if (blank)
                    continue;
                start = line;
            }
            else
            {
                text.Append('\n');
            }
            text.Append(content);
        }
        if (text.Length > 0)
            yield return new Document(IdOf(file, start), text.ToString());
    }

    private IEnumerable<Document> ReadJsonLines(string file)
    {
        var line = 0;
        foreach (var content in BoundedLines.Read(file))
        {
            line++;
            if (!string.IsNullOrWhiteSpace(content))
                yield return ReadJson(file, line, content);
        }
    }

    private Document ReadJson(string file, int line, string content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Fault(file, line, "is not a JSON object; write one object per line");
            if (!json.RootElement.TryGetProperty(textField, out var text))
            {
                var near = NearestName.Of(textField, json.RootElement.EnumerateObject().Select(property => property.Name));
                throw Fault(file, line, $"has no field '{textField}'{(near is null ? "" : $" (the nearest is '{near}')")}; name the text's field with --text-field");
            }
            if (text.ValueKind != JsonValueKind.String)
                throw Fault(file, line, $"has a field '{textField}' that is not text; name the text's field with --text-field");
            var id = json.RootElement.TryGetProperty("id", out var given) && given.ValueKind is JsonValueKind.String or JsonValueKind.Number
                ? given.ToString()
                : IdOf(file, line);
            return new Document(id, text.GetString()!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InterpException($"{file}, line {line}, is not valid JSON; write one object per line.", e);
        }
    }

    private static string IdOf(string file, int line) => FormattableString.Invariant($"{Path.GetFileName(file)}:{line}");

    private static InterpException Fault(string file, int line, string what) => new(FormattableString.Invariant($"{file}, line {line}, {what}."));

    private string ComputeDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"text files 1\n{(folder ? "folder" : "file")}\n{textField}\n"));
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

/// <summary>The lines of a text file or of a compressed one, with a bound on their length, so that a hostile file ends in an error.</summary>
internal static class BoundedLines
{
    private const int LongestLine = 1 << 26;

    public static IEnumerable<string> Read(string file)
    {
        using var reader = Open(file);
        var (line, buffer, afterReturn, number) = (new StringBuilder(), new char[1 << 16], false, 1);
        for (var count = Fill(); count > 0; count = Fill())
        {
            var start = 0;
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] is not ('\n' or '\r'))
                {
                    afterReturn = false;
                    continue;
                }
                var secondOfPair = buffer[i] == '\n' && afterReturn;
                afterReturn = buffer[i] == '\r';
                if (!secondOfPair)
                {
                    yield return line.Append(buffer, start, i - start).ToString();
                    line.Clear();
                    number++;
                }
                start = i + 1;
            }
            line.Append(buffer, start, count - start);
            if (line.Length > LongestLine)
                throw new InterpException(FormattableString.Invariant($"{file}, line {number}, is longer than {LongestLine} characters; break it up."));
        }
        if (line.Length > 0)
            yield return line.ToString();

        int Fill()
        {
            try
            {
                return reader.ReadBlock(buffer);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new InterpException(FormattableString.Invariant($"The corpus file {file} cannot be read from line {number} on; it is damaged: {e.Message}"), e);
            }
        }
    }

    private static StreamReader Open(string file)
    {
        try
        {
            Stream stream = File.OpenRead(file);
            if (file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
                stream = new GZipStream(stream, CompressionMode.Decompress);
            return new StreamReader(stream, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"The corpus file {file} cannot be read: {e.Message}", e);
        }
    }
}
