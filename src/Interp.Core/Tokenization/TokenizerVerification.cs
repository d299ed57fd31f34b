using Interp.Models;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>Compares a tokenizer with recorded results.</summary>
public static class TokenizerVerification
{
    private static readonly string[] Names = ["ids", "ids_special", "decoded", "decoded_skip_special", "offsets"];

    /// <summary>
    /// Replays a file of golden lines: one JSON object a line with <c>text</c>, <c>ids</c>, <c>ids_special</c>, <c>decoded</c>,
    /// <c>decoded_skip_special</c> and <c>offsets</c> (code points). Each check counts the lines that differ.
    /// </summary>
    /// <param name="path">What <see cref="Tokenizer.Load"/> opens.</param>
    /// <param name="goldenFile">The golden lines; by default <c>golden.jsonl</c> in the tokenizer's folder.</param>
    /// <exception cref="InterpException">The tokenizer or the golden lines cannot be read.</exception>
    public static VerifyReport Verify(string path, string? goldenFile = null)
    {
        path = HuggingFaceCache.Resolve(path);
        var tokenizer = Tokenizer.Load(path);
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Verify(tokenizer, goldenFile ?? Path.Combine(folder, "golden.jsonl"));
    }

    /// <summary>As above, for a tokenizer that is open.</summary>
    public static VerifyReport Verify(Tokenizer tokenizer, string goldenFile)
    {
        if (!File.Exists(goldenFile))
            throw new InterpException($"There are no golden lines at {goldenFile}; name the file with --golden.");
        var mismatches = new int[Names.Length];
        var notes = new List<string>();
        var (lines, compared) = (0, 0);
        foreach (var line in System.Text.Encoding.UTF8.GetString(TokenizerFiles.Read(goldenFile)).Split('\n'))
        {
            lines++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            compared++;
            var golden = JsonField.Parse(System.Text.Encoding.UTF8.GetBytes(line), $"{goldenFile} line {lines}");
            var differs = Compare(tokenizer, golden);
            for (var i = 0; i < Names.Length; i++)
            {
                if (!differs[i])
                    continue;
                if (mismatches[i]++ == 0)
                    notes.Add($"{Names[i]} differ first on line {lines}.");
            }
        }
        if (compared == 0)
            throw new InterpException($"{goldenFile} holds no golden line.");
        notes.Insert(0, $"{compared} lines compared.");
        return new VerifyReport([.. Names.Select((name, i) => new VerifyCheck(name, mismatches[i], 0))], notes);
    }

    private static bool[] Compare(Tokenizer tokenizer, JsonField golden)
    {
        var text = golden["text"].Text;
        var plain = tokenizer.Encode(text, addSpecialTokens: false);
        var withSpecial = tokenizer.Encode(text, addSpecialTokens: true);
        int[] ids = [.. golden["ids"].Items.Select(item => item.Count)];
        int[] idsSpecial = [.. golden["ids_special"].Items.Select(item => item.Count)];
        var offsets = golden["offsets"].Items.Select(Span);
        return
        [
            !plain.Ids.SequenceEqual(ids),
            !withSpecial.Ids.SequenceEqual(idsSpecial),
            tokenizer.Decode(ids, skipSpecialTokens: false) != golden["decoded"].Text,
            tokenizer.Decode(idsSpecial, skipSpecialTokens: true) != golden["decoded_skip_special"].Text,
            !plain.Offsets.SequenceEqual(offsets),
        ];
    }

    private static (int, int) Span(JsonField pair) =>
        pair.Items.ToArray() is [var start, var end] ? (start.Count, end.Count) : throw pair.Bad("is no pair of a start and an end");
}
