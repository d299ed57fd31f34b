using Interp.Runtime;
using Interp.Texts;
using Xunit;

namespace Interp.Core.Tests.Texts;

/// <summary>Mixing, order and repeats.</summary>
public class DocumentOrderTests
{
    private static IDocumentSource Source(string name, IEnumerable<string> texts) =>
        DocumentSource.Of(name, [.. texts.Select((text, i) => new Document($"{name}{i}", text))]);

    private static IDocumentSource Random(string name, int count, int seed)
    {
        var random = new Random(seed);
        return Source(name, Enumerable.Range(0, count).Select(i => $"{name}{i}".PadRight(random.Next(5, 60), '.')));
    }

    private static Mixture Mix(bool distinct, params (IDocumentSource, double)[] parts) => new(parts, text => text.Length, "characters", distinct);

    [Fact]
    public void Shares_differ_from_the_weights_by_less_than_a_document_at_every_moment()
    {
        double[] weights = [0.5, 0.3, 0.2];
        var mixture = Mix(false, (Random("a", 400, 1), 0.5), (Random("b", 300, 2), 0.3), (Random("c", 250, 3), 0.2));
        var given = new double[3];
        var documents = 0;
        foreach (var document in mixture.Read())
        {
            given[document.Id[0] - 'a'] += document.Text.Length;
            documents++;
            for (var i = 0; i < 3; i++)
                for (var j = 0; j < 3; j++)
                    Assert.True(given[i] / weights[i] - given[j] / weights[j] <= 60 / weights[i]);
        }
        Assert.InRange(documents, 600, 949);
    }

    [Fact]
    public void A_mixture_keeps_the_order_of_its_sources_and_ends_with_the_first_that_ends()
    {
        var notes = new List<string>();
        var texts = Mix(false, (Source("a", ["aa", "bb", "cc", "dd"]), 1), (Source("b", ["1111", "2222"]), 1)).Read(notes.Add).Select(document => document.Text);
        Assert.Equal(["aa", "1111", "bb", "cc", "2222", "dd"], texts);
        Assert.Contains("ended after 16 tokens, because its source a has no more than 8", notes.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Repeats_are_left_out_of_a_mixture_and_count_for_no_share()
    {
        var notes = new List<string>();
        var texts = Mix(true, (Source("a", ["aa", "xx", "bb", "cc"]), 1), (Source("b", ["xx", "aa", "dd"]), 1)).Read(notes.Add).Select(document => document.Text);
        Assert.Equal(["aa", "dd", "xx"], texts);
        Assert.Contains(notes, note => note.StartsWith("2 documents", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a b", "a\t\n b ", false)]
    [InlineData("caf\u00e9", "cafe\u0301", false)]
    [InlineData("a b", "A b", true)]
    [InlineData("a b", "ab", true)]
    [InlineData("x\ud800", "x\ud800 ", false)]
    public void Documents_repeat_up_to_white_space_and_normal_form(string first, string second, bool differ)
    {
        var notes = new List<string>();
        Assert.Equal(differ ? 2 : 1, new DistinctDocuments(Source("a", [first, second])).Read(notes.Add).Count());
        Assert.Equal(differ ? 0 : 1, notes.Count);
    }

    [Fact]
    public void An_order_is_a_permutation_that_follows_from_its_seed()
    {
        var source = Random("a", 1000, 4);
        string[] Order(long seed) => [.. new ShuffledDocuments(source, seed).Read().Select(document => document.Id)];
        Assert.Equal(Order(1), Order(1));
        Assert.NotEqual(Order(1), Order(2));
        Assert.Equal(source.Read().Select(document => document.Id).Order(), Order(1).Order());
        var moved = Order(1).Select((id, at) => Math.Abs(int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture) - at)).Average();
        Assert.InRange(moved, 300, 366);
    }

    [Fact]
    public void An_endless_source_is_ordered_within_the_buffer()
    {
        var endless = DocumentSource.Of("e", "d", Enumerable.Range(0, int.MaxValue).Select(i => new Document($"{i}", "x")));
        var first = new ShuffledDocuments(endless, 3).Read().Take(1000).Select((document, at) => int.Parse(document.Id, System.Globalization.CultureInfo.InvariantCulture) - at);
        Assert.All(first, early => Assert.True(early <= 16_384));
    }

    [Fact]
    public void Digests_cover_weights_order_seed_and_repeats()
    {
        var (a, b) = (Source("a", ["x"]), Source("b", ["y"]));
        string[] all =
        [
            a.Digest,
            new DistinctDocuments(a).Digest,
            new ShuffledDocuments(a, 1).Digest,
            new ShuffledDocuments(a, 2).Digest,
            Mix(false, (a, 1), (b, 1)).Digest,
            Mix(false, (a, 1), (b, 2)).Digest,
            Mix(false, (b, 1), (a, 1)).Digest,
            Mix(true, (a, 1), (b, 1)).Digest,
            new Mixture([(a, 1), (b, 1)], text => 1, "documents", false).Digest,
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_weight_must_be_above_0(double weight) =>
        Assert.Throws<InterpException>(() => Mix(false, (Source("a", ["x"]), weight)));
}
