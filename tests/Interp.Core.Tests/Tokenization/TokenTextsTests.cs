using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class TokenTextsTests
{
    private static readonly string[] Texts =
    [
        "The cat sat.", "  two  spaces and a tab\t\n\nend  ", "naïve café — “quotes” ﬁ", "日本語と한국어", "👩‍👩‍👧 🇩🇪 x", "a\u0301 combining", "\ud800 lone", "", " ",
        "<s>spelled</s> out <|endoftext|>", "שלום عالم", "tab\tand\u00a0hard space",
    ];

    public static TheoryData<string> Tokenizers => [.. Directory.GetDirectories(Fixtures.Path("tokenizers")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Joined_they_are_the_text_and_none_holds_half_a_character(string name)
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", name));
        foreach (var text in Texts)
        {
            foreach (var special in new[] { false, true })
            {
                var encoding = tokenizer.Encode(text, special);
                var tokens = TokenTexts.Of(text, encoding);
                Assert.Equal(encoding.Ids.Length, tokens.Length);
                if (encoding.Offsets.Any(offset => offset.End > offset.Start))
                    Assert.Equal(text, string.Concat(tokens));
                Assert.All(tokens, token => Assert.False(token.Length > 0 && char.IsLowSurrogate(token[0]), "a token begins inside a surrogate pair"));
                Assert.All(encoding.Offsets.Zip(tokens), pair => Assert.True(pair.First.Start < pair.First.End || pair.Second.Length == 0));
            }
        }
    }

    [Fact]
    public void A_character_that_tokens_share_stands_at_the_last_and_gaps_belong_to_the_later_token()
    {
        // Code points: a, an emoji of three tokens, space, b, a space at the end; the first token reaches into the emoji.
        var encoding = new Encoding([0, 1, 2, 3, 4], [(0, 0), (0, 2), (1, 2), (1, 2), (3, 4)]);
        Assert.Equal(["", "a", "", "😀", " b "], TokenTexts.Of("a😀 b ", encoding));
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void A_text_that_grows_token_by_token_is_the_decoded_one(string name)
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", name));
        foreach (var text in Texts)
        {
            var ids = tokenizer.Encode(text, addSpecialTokens: true).Ids;
            for (var start = 0; start < Math.Min(3, ids.Length); start++)
            {
                var growing = new GrowingText(tokenizer, ids[..start]);
                var added = ids[start..].Select(growing.Add).ToArray();
                var whole = tokenizer.Decode(ids, skipSpecialTokens: true);
                var before = tokenizer.Decode(ids[..start], skipSpecialTokens: true);
                if (whole.Contains('\uFFFD', StringComparison.Ordinal) || before.Contains('\uFFFD', StringComparison.Ordinal))
                    continue;
                Assert.Equal(whole, before + string.Concat(added));
                Assert.All(added, piece => Assert.DoesNotContain('\uFFFD', piece));
            }
        }
    }
}
