using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class TokenizerJsonTests
{
    private const string Vocabulary = """{"a":0,"b":1,"c":2," ":3,"▁":4,"1":5,"2":6,"-":7,"ab":8,"?":9}""";

    private static Tokenizer Load(string members, string model = "")
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", $$"""{ {{members}}{{(members.Length > 0 ? "," : "")}} "model": {"type":"BPE","vocab":{{Vocabulary}},"merges":["a b"],"unk_token":"?"{{model}}} }""");
        return Tokenizer.Load(folder.Path);
    }

    private static string[] Pieces(string members, string text)
    {
        var tokenizer = Load(members);
        return [.. tokenizer.Encode(text, true).Ids.Select(tokenizer.TokenText)];
    }

    private static string Added(string content, string flags = "") => $$"""{"id":0,"content":"{{content}}"{{flags}}}""";

    [Theory]
    [InlineData(SplitBehaviorName.Isolated, false, "the|-|final|-|-|countdown|-")]
    [InlineData(SplitBehaviorName.Removed, false, "the|final|countdown")]
    [InlineData(SplitBehaviorName.Removed, true, "-|-|-|-")]
    [InlineData(SplitBehaviorName.Contiguous, false, "the|-|final|--|countdown|-")]
    [InlineData(SplitBehaviorName.MergedWithPrevious, false, "the-|final-|-|countdown-")]
    [InlineData(SplitBehaviorName.MergedWithNext, false, "the|-final|-|-countdown|-")]
    public void Splits_fall_where_they_should(SplitBehaviorName behavior, bool invert, string expected)
    {
        var text = AlignedText.From("the-final--countdown-");
        var result = new List<Piece>();
        Splitting.Cut(text, new Piece(0, text.Length), Interp.Tokenization.Patterns.Pattern.Text("-"), (SplitBehavior)behavior, invert, result);
        Assert.Equal(expected, string.Join('|', result.Select(piece => text.Substring(piece.Start, piece.End))));
    }

    public enum SplitBehaviorName { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous }

    [Fact]
    public void Added_tokens_are_found_leftmost_and_longest() =>
        Assert.Equal(["ab-", "c", "ab"], Pieces($$""" "added_tokens": [{{Added("ab-")}}, {{Added("b-c")}}, {{Added("ab")}}] """, "ab-cab"));

    [Fact]
    public void Single_words_stand_alone() =>
        Assert.Equal(["b", "c", "a", " ", "bc", " ", "ab", "c"], Pieces($$""" "added_tokens": [{{Added("bc", ",\"single_word\":true")}}] """, "bca bc abc"));

    [Fact]
    public void Stripping_tokens_take_white_space_with_them()
    {
        var tokenizer = Load($$""" "added_tokens": [{{Added("<x>", ",\"lstrip\":true,\"rstrip\":true,\"special\":true")}}] """);
        var encoding = tokenizer.Encode("a \n<x>  b", false);
        Assert.Equal([(0, 1), (1, 8), (8, 9)], encoding.Offsets);
        Assert.Equal("a b", tokenizer.Decode(encoding.Ids, true));
        Assert.Equal(10, encoding.Ids[1]);
    }

    [Fact]
    public void Normalized_tokens_match_their_normalized_form() =>
        Assert.Equal(["A", "b"], Pieces($$""" "normalizer": {"type":"Lowercase"}, "added_tokens": [{{Added("A")}}] """, "ab"));

    [Fact]
    public void Composed_characters_have_the_offset_of_their_first_part()
    {
        var tokenizer = Load(""" "normalizer": {"type":"NFC"} """);
        Assert.Equal([(0, 1), (1, 2), (3, 4)], tokenizer.Encode("ae\u0301b", false).Offsets);
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{}", "no model")]
    [InlineData("""{"model":{"type":"Unigram"}}""", "Unigram")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":["a b"]}}""", "'b'")]
    [InlineData("""{"model":{"vocab":{"a":0,"b":1},"merges":["a b"]}}""", "'ab'")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":["a"]}}""", "no pair")]
    [InlineData("""{"model":{"vocab":{"a":-1},"merges":[]}}""", "model.vocab.a")]
    [InlineData("""{"model":{"vocab":{"a":1e30},"merges":[]}}""", "model.vocab.a")]
    [InlineData("""{"model":{"merges":[]}}""", "model.vocab")]
    [InlineData("""{"model":{"vocab":{}}}""", "model.merges")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[],"dropout":0.1}}""", "dropout")]
    [InlineData("""{"version":"2.0","model":{"vocab":{},"merges":[]}}""", "2.0")]
    [InlineData("""{"normalizer":{"type":"Precompiled"},"model":{"vocab":{},"merges":[]}}""", "Precompiled")]
    [InlineData("""{"pre_tokenizer":{"type":"UnicodeScripts"},"model":{"vocab":{},"merges":[]}}""", "UnicodeScripts")]
    [InlineData("""{"post_processor":{"type":"Novel"},"model":{"vocab":{},"merges":[]}}""", "Novel")]
    [InlineData("""{"decoder":{"type":"CTC"},"model":{"vocab":{},"merges":[]}}""", "CTC")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},"model":{"vocab":{},"merges":[]}}""", "(a")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Sideways"},"model":{"vocab":{},"merges":[]}}""", "Sideways")]
    [InlineData("""{"added_tokens":[{"id":1}],"model":{"vocab":{},"merges":[]}}""", "content")]
    [InlineData("""{"model":{"vocab":{"\ud800":0},"merges":[]}}""", "surrogate")]
    public void A_file_that_is_wrong_gives_one_sentence(string content, string says)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("tokenizer.json", content);
        var error = Assert.Throws<InterpException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains(says, error.Message);
        Assert.Contains(file, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", string.Concat(Enumerable.Repeat("""{"normalizer":""", 100_000)));
        Assert.Throws<InterpException>(() => Tokenizer.Load(folder.Path));
    }

    [Fact]
    public void Nothing_there_is_said() => Assert.Contains("no tokenizer at", Assert.Throws<InterpException>(() => Tokenizer.Load("/no/such/folder")).Message);
}
