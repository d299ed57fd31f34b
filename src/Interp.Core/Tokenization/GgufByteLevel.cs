using System.Text;
using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>The byte-level BPE of GGUF files, kind <c>gpt2</c>.</summary>
internal static class GgufByteLevel
{
    private const string Contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Before = @"[^\r\n\p{L}\p{N}]?";
    private const string Words = Contraction + "|" + Before + @"\p{L}+";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string RestWithSlash = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>How a kind of file splits words.</summary>
    /// <param name="Splits">The steps.</param>
    /// <param name="Normalizer">What happens to the text before, or null.</param>
    /// <param name="IgnoreMerges">Whether a word that is a piece is taken whole.</param>
    /// <param name="BeginsText">Whether the token that begins a text is added where the file does not say.</param>
    private sealed record Rule(PreTokenizer Splits, Normalizer? Normalizer = null, bool IgnoreMerges = false, bool BeginsText = false);

    /// <summary>The parts of the tokenizer, the texts that its digest covers beside pieces, types and ends, and whether a text begins with a token where the file does not say.</summary>
    public static (TokenizerParts Parts, IEnumerable<string> Defining, string Rule, bool BeginsText) Read(GgufVocabulary vocabulary)
    {
        var merges = vocabulary.Texts("merges");
        var pre = vocabulary.Has("pre") ? vocabulary.Text("pre") : "default";
        var rule = RuleOf(pre);
        var definition = new BpeDefinition(vocabulary.Ids, [.. merges.Select(Pair)]) { IgnoreMerges = rule.IgnoreMerges };
        var parts = new TokenizerParts(new BpeModel(definition, "The GGUF file's tokenizer"))
        {
            Normalizer = rule.Normalizer,
            PreTokenizer = rule.Splits,
            Decoder = new ByteLevelDecoder(),
            AddedTokens = vocabulary.AddedTokens,
        };
        return (parts, merges, pre, rule.BeginsText);
    }

    /// <summary>The rules of the libraries that the files' tokenizers come from; of files that name none, llama.cpp's own.</summary>
    private static Rule RuleOf(string pre) => pre switch
    {
        "default" => new(Split(
            @"[\p{P}\$\+<=>\^~\|]+", @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)", @"\p{N}+", "[0-9][0-9][0-9]")),
        "gpt-2" or "gpt2" or "phi-2" or "mpt" or "olmo" or "roberta-bpe" => new(new ByteLevelPreTokenizer(false, true)),
        "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" => new(new PreTokenizerSequence(
        [
            new ClassPreTokenizer(CodePoints.IsNumber, SplitBehavior.Isolated),
            new ByteLevelPreTokenizer(false, true),
        ])),
        "llama-bpe" or "llama3" or "llama-v3" => new(Split(Words + @"|\p{N}{1,3}" + Rest), IgnoreMerges: true, BeginsText: true),
        "tekken" => new(Split($@"{Before}{Upper}*{Lower}+|{Before}{Upper}+{Lower}*|\p{{N}}" + RestWithSlash), IgnoreMerges: true, BeginsText: true),
        "gpt-4o" => new(Split($@"{Before}{Upper}*{Lower}+{Contraction}?|{Before}{Upper}+{Lower}*{Contraction}?|\p{{N}}{{1,3}}" + RestWithSlash)),
        "qwen2" or "deepseek-r1-qwen" => new(Split(Words + @"|\p{N}" + Rest), new UnicodeNormalizer(NormalizationForm.FormC)),
        _ => throw new InterpException($"The GGUF file's tokenizer splits words as '{pre}' does; gpt-2, smollm, llama-bpe, tekken, gpt-4o, qwen2 and default are served."),
    };

    private static PreTokenizerSequence Split(params string[] regexes) => new(
    [
        .. regexes.Select(regex => new SplitPreTokenizer(Pattern.Regex(regex), SplitBehavior.Isolated, false)),
        new ByteLevelPreTokenizer(false, false),
    ]);

    private static (string, string) Pair(string merge) =>
        merge.Split(' ') is [var left, var right] ? (left, right) : throw GgufVocabulary.Bad("merges", $"has the entry '{merge}', which is no pair of pieces");
}
