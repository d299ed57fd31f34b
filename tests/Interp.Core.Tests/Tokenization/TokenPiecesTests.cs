using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class TokenPiecesTests
{
    private const string Text = "The naïve café — “quoted”, 日本語, 👩‍👩‍👧 and tabs\tand\nlines. Zażółć gęślą jaźń 12345";

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Fixtures.Path("tokenizers")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_pieces_joined_are_the_text(string folder)
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", folder));
        var ids = tokenizer.Encode(Text, addSpecialTokens: false).Ids;
        var pieces = new TokenPieces(tokenizer).Of([.. ids]);
        Assert.Equal(ids.Length, pieces.Length);
        Assert.Equal(tokenizer.Decode([.. ids], skipSpecialTokens: false).TrimStart(), string.Concat(pieces).TrimStart());
    }

    [Fact]
    public void A_character_of_several_tokens_stands_at_its_last()
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", "bpe-qwen2"));
        var ids = tokenizer.Encode("a👩b", addSpecialTokens: false).Ids;
        var pieces = new TokenPieces(tokenizer).Of([.. ids]);
        Assert.True(ids.Length > 3);
        Assert.Equal(["a", "👩", "b"], pieces.Where(piece => piece.Length > 0));
        Assert.Equal("b", pieces[^1]);
    }

    [Fact]
    public void Half_a_character_at_the_end_is_marked_and_nothing_else_changes()
    {
        var tokenizer = Tokenizer.Load(Fixtures.Path("tokenizers", "bpe-qwen2"));
        var ids = tokenizer.Encode("ab 👩", addSpecialTokens: false).Ids;
        var pieces = new TokenPieces(tokenizer).Of([.. ids[..^1]]);
        Assert.StartsWith("ab ", string.Concat(pieces), StringComparison.Ordinal);
        Assert.EndsWith("\uFFFD", string.Concat(pieces), StringComparison.Ordinal);
    }
}
