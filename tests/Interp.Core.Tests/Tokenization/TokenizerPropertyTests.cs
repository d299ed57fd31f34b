using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

/// <summary>Texts made of what tokenizers stumble over.</summary>
public static class AwkwardText
{
    private static readonly string[] Parts =
    [
        " ", "  ", "    ", "\n", "\r\n", "\t", "\u00A0", "\u0085", "\u200B", "\u3000", "▁", "a", "the", "The", " hello", "don't", "'S", "1", "12345", "½", "٣", "Ⅷ",
        "é", "e\u0301", "a\u0323\u0307", "ﬁ", "中文", "각", "\u1100\u1161", "😀", "👩‍💻", "𝔘", "𝟙", "<s>", "</s>", "<mask>", "word", "<0x41>", "<|im_start|>", "[SEP]", "-", "...", "\0",
    ];

    public static Arbitrary<string> Texts() =>
        Gen.Elements(Parts).ListOf().Select(parts => string.Concat(parts)).ToArbitrary();
}

[Properties(Arbitrary = [typeof(AwkwardText)], MaxTest = 300)]
public class TokenizerPropertyTests
{
    private static readonly Dictionary<string, Tokenizer> Tokenizers = Directory.GetDirectories(Fixtures.Path("tokenizers"))
        .ToDictionary(folder => Path.GetFileName(folder), Tokenizer.Load);

    private static Tokenizer Named(string name) => Tokenizers[name];

    [Property]
    public bool Byte_level_text_comes_back(string text) =>
        Named("bpe-llama3-pairs") is var tokenizer && tokenizer.Decode(tokenizer.Encode(text, false).Ids, false) == text;

    [Property]
    public bool Text_with_byte_fallback_comes_back(string text) =>
        Named("gemma-like") is var tokenizer && tokenizer.Decode(tokenizer.Encode(text, false).Ids, false) == text.Replace('▁', ' ');

    [Property]
    public bool Composing_tokenizers_give_the_composed_text(string text) =>
        Named("bpe-qwen2") is var tokenizer && tokenizer.Decode(tokenizer.Encode(text, false).Ids, false) == text.Normalize(NormalizationForm.FormC);

    [Property]
    public bool Both_spellings_of_merges_are_the_same(string text) =>
        Named("bpe-llama3-pairs").Encode(text, true) is var pairs && Named("bpe-llama3-strings").Encode(text, true) is var strings
        && pairs.Ids.SequenceEqual(strings.Ids) && pairs.Offsets.SequenceEqual(strings.Offsets);

    [Property]
    public bool Offsets_run_forward_inside_the_text(string text)
    {
        var length = text.EnumerateRunes().Count();
        return Tokenizers.Values.All(tokenizer =>
        {
            var offsets = tokenizer.Encode(text, false).Offsets;
            return offsets.All(span => 0 <= span.Start && span.Start <= span.End && span.End <= length)
                && offsets.Zip(offsets.Skip(1)).All(pair => pair.First.Start <= pair.Second.Start);
        });
    }

    [Property]
    public bool Offsets_of_untrimmed_tokens_cover_the_text(string text)
    {
        var covered = new bool[text.EnumerateRunes().Count()];
        foreach (var (start, end) in Named("gemma-like").Encode(text, false).Offsets)
            Array.Fill(covered, true, start, end - start);
        return Array.TrueForAll(covered, one => one);
    }

    [Fact]
    public void Threads_share_a_tokenizer()
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", "metaspace-first"));
        var texts = Enumerable.Range(0, 200).Select(i => $"Document {i} tells of wörds, numbers {i * 17} and the sea.").ToArray();
        var alone = texts.Select(text => tokenizer.Encode(text, true).Ids).ToArray();
        var fresh = Tokenizer.Load(Fixtures.Path("tokenizers", "metaspace-first"));
        var together = new int[texts.Length][];
        Workers.For(texts.Length, i => together[i] = fresh.Encode(texts[i], true).Ids);
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData("metaspace-first", "a")]
    [InlineData("bpe-llama3-pairs", " ")]
    [InlineData("gemma-like", "ab")]
    [InlineData("bpe-neox", "!?")]
    public void Long_words_are_merged_in_time(string folder, string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 100_000));
        var encoding = Named(folder).Encode(text, false);
        Assert.Equal(text, Named(folder).Decode(encoding.Ids, false));
    }
}
