using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class BpeTrainerTests
{
    private static readonly string[] Documents =
    [
        .. Enumerable.Range(0, 60).Select(i => $"The small fox number {i} saw the smaller fox.\n\nThen {i} + {i * 3} = {i * 4}.\n"),
        .. Enumerable.Range(0, 60).Select(i => $"def fox_{i}(small):\n    if small > {i}:\n        return small\n"),
        "A rare sign: ☃",
    ];

    private static Tokenizer Trained(out string json, int size = 400)
    {
        using var folder = new TemporaryFolder();
        json = BpeTrainer.Train(Documents, size);
        folder.Write("tokenizer.json", json);
        return Tokenizer.Load(folder.Path);
    }

    [Fact]
    public void Documents_come_back()
    {
        var tokenizer = Trained(out _);
        Assert.All(Documents, document => Assert.Equal(document, tokenizer.Decode(tokenizer.Encode(document, true).Ids, true)));
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
        Assert.Equal(1, tokenizer.Encode("fox", true).Ids[0]);
    }

    [Fact]
    public void The_order_of_documents_does_not_matter()
    {
        Trained(out var json);
        Assert.Equal(json, BpeTrainer.Train(Documents.Reverse(), 400));
    }

    [Fact]
    public void Words_numbers_newlines_and_indentation_stay_apart()
    {
        var tokenizer = Trained(out _);
        string[] Pieces(string text) => [.. tokenizer.Encode(text, false).Ids.Select(tokenizer.TokenText)];
        Assert.Equal(["▁small", "▁fox", "\n\n", "The", "▁", "4", "2"], Pieces("small fox\n\nThe 42"));
        Assert.Contains("▁▁▁▁▁▁▁", Pieces("if:\n        return"));
        Assert.Contains("▁return", Pieces("if:\n        return"));
        Assert.DoesNotContain(Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenText),
            piece => piece.Length > 1 && piece.Any(char.IsDigit) && piece[0] != '<');
    }

    [Fact]
    public void Rare_characters_are_spelt_in_bytes()
    {
        var tokenizer = Trained(out _);
        Assert.Equal(["▁", "<0xE2>", "<0x98>", "<0x83>"], tokenizer.Encode("☃", false).Ids.Select(tokenizer.TokenText));
    }

    [Fact]
    public void The_first_pair_of_equals_is_merged_first()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", BpeTrainer.Train(["zx zx yx yx"], 3 + 256 + 4 + 1));
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal("yx", tokenizer.TokenText(tokenizer.VocabularySize - 1));
    }

    [Fact]
    public void A_vocabulary_needs_room() => Assert.Throws<InterpException>(() => BpeTrainer.Train(Documents, 260));
}
