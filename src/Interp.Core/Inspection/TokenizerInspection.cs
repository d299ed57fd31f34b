using System.Text.Json.Nodes;
using Interp.Tokenization;

namespace Interp.Inspection;

/// <summary>A tokenizer.json, or a folder that leads to one.</summary>
internal static class TokenizerInspection
{
    public static bool Recognises(string path) =>
        File.Exists(path) ? path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
        : File.Exists(Path.Combine(path, "tokenizer.json")) || File.Exists(Path.Combine(path, "tokenizer.txt"));

    public static Inspection Inspect(string path, string textField) =>
        new("tokenizer", Facts(Tokenizer.Load(path)), new Dictionary<string, long>());

    public static JsonObject Facts(Tokenizer tokenizer) => new()
    {
        ["vocabulary"] = tokenizer.VocabularySize,
        ["bos"] = tokenizer.BosId is { } bos ? $"{tokenizer.TokenText(bos)} ({bos})" : "none",
        ["eos"] = tokenizer.EosId is { } eos ? $"{tokenizer.TokenText(eos)} ({eos})" : "none",
        ["example"] = string.Join(" ", tokenizer.Encode("The cat sat, 42 times.", addSpecialTokens: true).Ids),
    };
}
