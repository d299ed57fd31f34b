using Interp.Activations;
using Interp.Runtime;
using Interp.Texts;
using Xunit;

namespace Interp.Core.Tests.Activations;

public class ContextPackingTests
{
    private static IDocumentSource Documents(int count) =>
        DocumentSource.Of("test", [.. Enumerable.Range(0, count).Select(i => new Document($"{i}", new string((char)('a' + i % 26), 5 + i % 7)))]);

    private static int[] Encode(string text) => [.. text.Select(c => c - 'a' + 10)];

    private static PackingSpec Spec(int train, int validate) => new() { ContextLength = 8, TrainingTokens = train, ValidationTokens = validate, ValidationFraction = 0.3 };

    [Fact]
    public void No_document_is_in_both_splits_and_each_has_its_tokens()
    {
        var packed = ContextPacking.Pack(Documents(200), Encode, 1, Spec(300, 100));
        Assert.Empty(packed.Training.Documents.ToArray().Intersect(packed.Validation.Documents.ToArray()));
        Assert.Equal(300, packed.Training.Tokens.ToArray().Count(id => id != 1));
        Assert.Equal(100, packed.Validation.Tokens.ToArray().Count(id => id != 1));
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 300)]
    [InlineData(40_000, 2_000)]
    public void Hardly_a_document_is_read_beyond_those_that_fill_the_splits(int train, int validate)
    {
        var (read, all) = (0, Documents(20_000).Read().ToArray());
        IEnumerable<Document> Counted()
        {
            foreach (var document in all)
            {
                read++;
                yield return document;
            }
        }
        var packed = ContextPacking.Pack(new Source(Counted), Encode, 1, Spec(train, validate));
        Assert.Equal((train, validate), (packed.Training.Tokens.ToArray().Count(id => id != 1), packed.Validation.Tokens.ToArray().Count(id => id != 1)));
        var last = packed.Training.Documents.ToArray().Concat(packed.Validation.Documents.ToArray()).Max();
        Assert.InRange(read, last + 1, 1.1 * (last + 1) + 8);
    }

    [Fact]
    public void A_mixture_that_has_enough_says_nothing_of_its_end()
    {
        IDocumentSource Part(string name, int count) => DocumentSource.Of(name, [.. Enumerable.Range(0, count).Select(i => new Document($"{i}", new string('a', 10)))]);
        var mixture = new Mixture([(Part("a", 60), 1), (Part("b", 40), 1)], text => text.Length, "letters", false);
        Assert.Empty(ContextPacking.Pack(mixture, Encode, null, Spec(300, 0)).Notes);
        Assert.Contains("ended after", ContextPacking.Pack(mixture, Encode, null, Spec(3000, 0)).Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_source_says_at_its_end_is_said_where_it_is_left_early_too()
    {
        IEnumerable<string> texts = [.. Enumerable.Range(0, 40).Select(i => new string((char)('a' + i % 20), 10)), .. Enumerable.Range(0, 400).Select(i => new string('x', 5 + i))];
        var source = new DistinctDocuments(DocumentSource.Of("test", [.. texts.Select((text, i) => new Document($"{i}", text))]));
        Assert.Contains("20", Assert.Single(ContextPacking.Pack(source, Encode, null, Spec(2000, 0)).Notes), StringComparison.Ordinal);
    }

    private sealed class Source(Func<IEnumerable<Document>> read) : IDocumentSource
    {
        public string Name => "counted";

        public string Digest => "counted";

        public IEnumerable<Document> Read(Action<string>? note = null) => read();
    }

    [Fact]
    public void Every_context_begins_with_BOS()
    {
        var packed = ContextPacking.Pack(Documents(200), Encode, 1, Spec(300, 100));
        for (var row = 0; row < packed.Training.Rows; row++)
            Assert.Equal(row % 8 == 0, packed.Training.Tokens[row] == 1);
    }

    [Fact]
    public void A_corpus_that_is_too_short_says_so()
    {
        var packed = ContextPacking.Pack(Documents(10), Encode, null, Spec(10_000, 10_000));
        Assert.Contains("fewer than the 10000 asked for", packed.Notes[0], StringComparison.Ordinal);
        Assert.Throws<InterpException>(() => ContextPacking.Pack(Documents(1), Encode, null, Spec(10, 10)));
    }

    [Fact]
    public void A_separator_ends_every_document_once()
    {
        Document[] documents = [new("0", "abc"), new("1", "x"), new("2", "dez")];
        var source = DocumentSource.Of("test", documents);
        var spec = Spec(100, 0) with { Style = PackingStyle.Separated, ValidationFraction = 1e-9 };
        Assert.Equal([1, 10, 11, 12, 35, 33, 35, 13, 1, 14, 35],
            ContextPacking.Pack(source, Encode, 1, spec, separator: 'z' - 'a' + 10).Training.Tokens.ToArray());
    }

    [Theory]
    [InlineData(PackingStyle.Continuous, new[] { 10, 11, 12, 13, 10, 14, 10, 11 })]
    [InlineData(PackingStyle.OneDocument, new[] { 10, 11, 12, 13, 10, 14, 15, 16 })]
    public void A_document_that_begins_with_BOS_does_not_repeat_it(PackingStyle style, int[] expected)
    {
        var source = DocumentSource.Of("test", [new("0", "abcd"), new("1", style == PackingStyle.Continuous ? "eab" : "aefg")]);
        var spec = Spec(100, 0) with { Style = style, ContextLength = 4 };
        Assert.Equal(expected, ContextPacking.Pack(source, Encode, 10, spec).Training.Tokens.ToArray());
    }
}
