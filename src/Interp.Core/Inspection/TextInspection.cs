using System.Text.Json.Nodes;
using Interp.Texts;

namespace Interp.Inspection;

/// <summary>Text sources: files of every kind that is read, or a folder of them.</summary>
internal static class TextInspection
{
    private const int Shown = 120;

    public static bool Recognises(string path) =>
        File.Exists(path) ? TextFiles.IsServed(path) : Directory.Exists(path) && Directory.EnumerateFiles(path).Any(TextFiles.IsServed);

    public static Inspection Inspect(string path, string textField)
    {
        var (documents, characters, longest, empty) = (0L, 0L, 0, 0L);
        string? first = null;
        foreach (var document in TextFiles.Open(path, new DocumentForm(textField)).Read())
        {
            documents++;
            characters += document.Text.Length;
            longest = Math.Max(longest, document.Text.Length);
            empty += string.IsNullOrWhiteSpace(document.Text) ? 1 : 0;
            first ??= document.Text;
        }
        var facts = new JsonObject
        {
            ["documents"] = documents,
            ["characters"] = characters,
            ["longest_document"] = longest,
            ["empty_documents"] = empty,
            ["first_document"] = first is { Length: > Shown } ? first[..Shown] + "…" : first,
        };
        return new Inspection("text", facts, new Dictionary<string, long>());
    }
}
