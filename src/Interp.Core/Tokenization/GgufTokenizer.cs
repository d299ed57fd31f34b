using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>Reads the byte-level BPE tokenizer in the metadata of a GGUF file (keys <c>tokenizer.ggml.*</c>).</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>What <c>token_type</c> says of each piece.</summary>
    private enum PieceType { Control = 3, UserDefined = 4 }

    public static Tokenizer Read(IReadOnlyDictionary<string, object> metadata)
    {
        var kind = Text(metadata, "model");
        if (kind != "gpt2")
            throw new InterpException($"The GGUF file's tokenizer is of kind '{kind}'; the byte-level kind 'gpt2' is served.");
        var pieces = Items(metadata, "tokens", required: true).Select(item => item as string ?? throw Bad("tokens", "holds something that is no text")).ToArray();
        var merges = Items(metadata, "merges", required: true).Select(item => item as string ?? throw Bad("merges", "holds something that is no text")).ToArray();
        var types = Items(metadata, "token_type", required: false).Select(item => Number("token_type", item)).ToArray();
        if (types.Length != 0 && types.Length != pieces.Length)
            throw Bad("token_type", $"has {types.Length} entries for {pieces.Length} pieces");
        var pre = metadata.ContainsKey(Prefix + "pre") ? Text(metadata, "pre") : "default";
        var (bos, eos) = (Id(metadata, "bos_token_id", pieces.Length), Id(metadata, "eos_token_id", pieces.Length));
        var addsBos = metadata.TryGetValue(Prefix + "add_bos_token", out var flag) && flag is true;

        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < pieces.Length; id++)
            vocabulary.TryAdd(pieces[id], id);
        var (normalizer, preTokenizer, ignoreMerges) = Steps(pre);
        var definition = new BpeDefinition(vocabulary, [.. merges.Select(Pair)]) { IgnoreMerges = ignoreMerges };
        var parts = new TokenizerParts(new BpeModel(definition, "The GGUF file's tokenizer"))
        {
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            PostProcessor = addsBos && bos is { } first ? new TemplateProcessor([[first], null]) : null,
            Decoder = new ByteLevelDecoder(),
            AddedTokens = [.. types.Select((type, id) => Added(pieces, id, type)).OfType<AddedToken>()],
        };
        return new Tokenizer(parts, Digest(pieces, merges, types, pre, bos, eos, addsBos), _ => (bos, eos));
    }

    private static (Normalizer?, PreTokenizer, bool IgnoreMerges) Steps(string pre) => pre switch
    {
        "gpt-2" or "gpt2" or "default" or "phi-2" or "mpt" or "olmo" or "roberta-bpe" => (null, new ByteLevelPreTokenizer(false, true), false),
        "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" => (null, new PreTokenizerSequence(
        [
            new ClassPreTokenizer(CodePoints.IsNumber, SplitBehavior.Isolated),
            new ByteLevelPreTokenizer(false, true),
        ]), false),
        "llama-bpe" or "llama3" or "llama-v3" => (null, Split(Contractions + @"|\p{N}{1,3}" + Rest), true),
        "qwen2" => (new UnicodeNormalizer(NormalizationForm.FormC), Split(Contractions + @"|\p{N}" + Rest), false),
        _ => throw new InterpException($"The GGUF file's tokenizer splits words as '{pre}' does; gpt-2, smollm, llama-bpe and qwen2 are served."),
    };

    private static PreTokenizerSequence Split(string regex) => new(
    [
        new SplitPreTokenizer(Pattern.Regex(regex), SplitBehavior.Isolated, false),
        new ByteLevelPreTokenizer(false, false),
    ]);

    private static AddedToken? Added(string[] pieces, int id, long type) => (PieceType)type is PieceType.Control or PieceType.UserDefined
        ? new AddedToken(id, pieces[id], false, false, false, false, (PieceType)type == PieceType.Control)
        : null;

    private static (string, string) Pair(string merge) =>
        merge.Split(' ') is [var left, var right] ? (left, right) : throw Bad("merges", $"has the entry '{merge}', which is no pair of pieces");

    private static string Digest(string[] pieces, string[] merges, long[] types, string pre, int? bos, int? eos, bool addsBos)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var numbers = types.Select(type => type.ToString(CultureInfo.InvariantCulture));
        var rest = new[] { pre, $"{bos}", $"{eos}", addsBos ? "bos" : "" };
        foreach (var group in new[] { pieces, merges, numbers, rest })
        {
            foreach (var text in group)
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text + "\0"));
            hash.AppendData([1]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Text(IReadOnlyDictionary<string, object> metadata, string key) => metadata.TryGetValue(Prefix + key, out var value)
        ? value as string ?? throw Bad(key, "is no text")
        : throw Bad(key, "is missing");

    private static IEnumerable<object?> Items(IReadOnlyDictionary<string, object> metadata, string key, bool required)
    {
        if (!metadata.TryGetValue(Prefix + key, out var value))
            return required ? throw Bad(key, "is missing") : [];
        return value is Array array ? ((IEnumerable)array).Cast<object?>() : throw Bad(key, "is no list");
    }

    private static int? Id(IReadOnlyDictionary<string, object> metadata, string key, int count)
    {
        if (!metadata.TryGetValue(Prefix + key, out var value))
            return null;
        var id = Number(key, value);
        return id >= 0 && id < count ? (int)id : throw Bad(key, $"is {id}, which is no id of {count} pieces");
    }

    private static long Number(string key, object? value) => value switch
    {
        ulong number => number <= long.MaxValue ? (long)number : throw Bad(key, "is no id"),
        byte or sbyte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        _ => throw Bad(key, "holds something that is no whole number"),
    };

    private static InterpException Bad(string key, string what) => new($"The GGUF file's {Prefix}{key} {what}; the file is damaged or of a kind that is not served.");
}
