using System.IO.Compression;
using System.Text.Json;
using Interp.Runtime;

namespace Interp.Activations;

/// <summary>One document of a corpus.</summary>
/// <param name="Id">The field <c>id</c>, else its position counted from 0.</param>
/// <param name="Text">Its text.</param>
public sealed record TextDocument(string Id, string Text);

/// <summary>Reads documents from files, one after the other.</summary>
public static class TextSource
{
    private const int LongestLine = 256 << 20;

    /// <summary>
    /// The documents of a <c>.jsonl</c> or <c>.jsonl.gz</c> file (one JSON object a line), or of a <c>.txt</c> file (one
    /// document).
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="textField">The field of a JSON line that holds the text.</param>
    /// <exception cref="InterpException">The file is missing, empty, of another kind, or a line is malformed.</exception>
    public static IEnumerable<TextDocument> Read(string path, string textField = "text")
    {
        if (!File.Exists(path))
            throw new InterpException($"There is no corpus {path}; give a .txt, .jsonl or .jsonl.gz file.");
        var documents = path switch
        {
            _ when path.EndsWith(".jsonl", StringComparison.Ordinal) || path.EndsWith(".jsonl.gz", StringComparison.Ordinal) => Lines(path, textField),
            _ when path.EndsWith(".txt", StringComparison.Ordinal) => [new TextDocument("0", File.ReadAllText(path))],
            _ => throw new InterpException($"{path} is no corpus that can be read; give a .txt, .jsonl or .jsonl.gz file."),
        };
        return RequireSome(documents, path);
    }

    private static IEnumerable<TextDocument> RequireSome(IEnumerable<TextDocument> documents, string path)
    {
        var any = false;
        foreach (var document in documents.Where(document => document.Text.Length > 0))
        {
            any = true;
            yield return document;
        }
        if (!any)
            throw new InterpException($"The corpus {path} holds no text; give one that does.");
    }

    private static IEnumerable<TextDocument> Lines(string path, string textField)
    {
        using var file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(plain);
        for (var number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                throw new InterpException($"{path} is damaged near line {number}: {e.Message}", e);
            }
            if (line is null)
                yield break;
            if (line.Length > LongestLine)
                throw new InterpException($"Line {number} of {path} has {line.Length} characters; split the document.");
            if (!string.IsNullOrWhiteSpace(line))
                yield return Document(line, number, path, textField);
        }
    }

    private static TextDocument Document(string line, int number, string path, string textField)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty(textField, out var text) || text.ValueKind != JsonValueKind.String)
                throw new InterpException($"Line {number} of {path} has no text field '{textField}'; name the field with --text-field.");
            var id = json.RootElement.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String
                ? given.GetString()!
                : (number - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return new TextDocument(id, text.GetString()!);
        }
        catch (JsonException e)
        {
            throw new InterpException($"Line {number} of {path} is not JSON; repair or remove it.", e);
        }
    }
}
