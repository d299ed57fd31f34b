using FsCheck.Xunit;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class BpeModelTests
{
    private static readonly string[] Letters = ["a", "b", "c", "▁"];

    private static BpeDefinition Definition(IEnumerable<(string Left, string Right)> merges, params string[] more)
    {
        var list = merges.ToList();
        var pieces = Letters.Concat(more).Concat(list.Select(merge => merge.Left + merge.Right)).Distinct();
        return new BpeDefinition(pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id), list);
    }

    private static string[] Pieces(BpeDefinition definition, string text)
    {
        var model = new BpeModel(definition, "model");
        var source = AlignedText.From(text);
        var tokens = new List<EncodedToken>();
        model.Tokenize(source, new Piece(0, source.Length), tokens);
        return [.. tokens.Select(token => model.Text(token.Id)!)];
    }

    /// <summary>Merges by the definition: again and again the lowest rank, at its leftmost place.</summary>
    private static List<string> MergeSlowly(BpeDefinition definition, string text)
    {
        var parts = text.Select(letter => letter.ToString()).ToList();
        while (true)
        {
            var (rank, place) = Enumerable.Range(0, Math.Max(0, parts.Count - 1))
                .Select(i => (definition.Merges.ToList().IndexOf((parts[i], parts[i + 1])), i))
                .Where(candidate => candidate.Item1 >= 0).DefaultIfEmpty((-1, -1)).Min();
            if (rank < 0)
                return parts;
            parts[place] += parts[place + 1];
            parts.RemoveAt(place + 1);
        }
    }

    [Property(MaxTest = 500)]
    public bool Merging_follows_the_definition(int[] seeds, int[] text)
    {
        // Each merge joins two pieces that are there already, and every piece is made in one way only.
        var pieces = Letters.ToList();
        var merges = new List<(string, string)>();
        foreach (var seed in seeds.Select(seed => seed & 0xFFFF))
        {
            var merge = (pieces[seed % pieces.Count], pieces[seed / 7 % pieces.Count]);
            if (pieces.Contains(merge.Item1 + merge.Item2) || merge.Item1.Length + merge.Item2.Length > 6)
                continue;
            merges.Add(merge);
            pieces.Add(merge.Item1 + merge.Item2);
        }
        var definition = Definition(merges, "?") with { Unknown = "?" };
        var word = string.Concat(text.Select(value => Letters[(value & 0xFFFF) % Letters.Length]));
        return Pieces(definition, word).SequenceEqual(MergeSlowly(definition, word));
    }

    [Fact]
    public void A_whole_word_is_taken_without_merges_where_asked()
    {
        var definition = Definition([("a", "b")], "abc");
        Assert.Equal(["ab", "c"], Pieces(definition, "abc"));
        Assert.Equal(["abc"], Pieces(definition with { IgnoreMerges = true }, "abc"));
    }

    [Theory]
    [InlineData(false, new[] { "a", "?", "?", "b" })]
    [InlineData(true, new[] { "a", "?", "b" })]
    public void Unknown_neighbours_fuse_where_asked(bool fuse, string[] expected) =>
        Assert.Equal(expected, Pieces(Definition([], "?") with { Unknown = "?", FuseUnknown = fuse }, "axyb"));

    [Fact]
    public void Without_unknown_piece_unknown_characters_vanish() => Assert.Equal(["a", "b"], Pieces(Definition([]), "axb"));

    [Fact]
    public void Bytes_stand_in_for_characters()
    {
        var definition = Definition([], "<0xC3>", "<0xA9>") with { ByteFallback = true };
        Assert.Equal(["a", "<0xC3>", "<0xA9>", "b"], Pieces(definition, "aéb"));
    }

    [Fact]
    public void Affixes_mark_the_place_in_a_word()
    {
        var definition = Definition([("a", "##b")], "##b", "##c</w>", "ab") with { Prefix = "##", Suffix = "</w>" };
        definition = definition with { Vocabulary = definition.Vocabulary.Where(pair => pair.Key != "a##b").ToDictionary() };
        Assert.Equal(["ab", "##c</w>"], Pieces(definition, "abc"));
    }
}
