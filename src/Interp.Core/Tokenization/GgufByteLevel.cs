using System.Text;
using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>The byte-level BPE of GGUF files, kind <c>gpt2</c>.</summary>
internal static class GgufByteLevel
{
    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The parts of the tokenizer, and the texts that its digest covers beside pieces, types and ends.</summary>
    public static (TokenizerParts Parts, IEnumerable<string> Defining, string Rule) Read(GgufVocabulary vocabulary)
    {
        var merges = vocabulary.Texts("merges");
        var pre = vocabulary.Has("pre") ? vocabulary.Text("pre") : "default";
        var (normalizer, preTokenizer, ignoreMerges) = Steps(pre);
        var definition = new BpeDefinition(vocabulary.Ids, [.. merges.Select(Pair)]) { IgnoreMerges = ignoreMerges };
        var parts = new TokenizerParts(new BpeModel(definition, "The GGUF file's tokenizer"))
        {
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Decoder = new ByteLevelDecoder(),
            AddedTokens = vocabulary.AddedTokens,
        };
        return (parts, merges, pre);
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

    private static (string, string) Pair(string merge) =>
        merge.Split(' ') is [var left, var right] ? (left, right) : throw GgufVocabulary.Bad("merges", $"has the entry '{merge}', which is no pair of pieces");
}
