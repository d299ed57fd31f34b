using System.IO.Compression;
using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
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
    public void Files_of_all_kinds_give_their_documents()
    {
        using var folder = new TemporaryFolder();
        string Path(string name) => System.IO.Path.Combine(folder.Path, name);
        const string lines = "{\"text\":\"one\",\"id\":\"a\"}\n\n{\"id\":7,\"text\":\"two\"}\n";
        File.WriteAllText(Path("d.jsonl"), lines);
        using (var gzip = new GZipStream(File.Create(Path("d.jsonl.gz")), CompressionLevel.Fastest))
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(lines));
        File.WriteAllText(Path("d.txt"), "one\nline\n\n\ntwo\n");

        Document[] expected = [new("a", "one"), new("7", "two")];
        Assert.Equal(expected, TextFiles.Open(Path("d.jsonl")).Read());
        Assert.Equal(expected, TextFiles.Open(Path("d.jsonl.gz")).Read());
        Assert.Equal(["one\nline", "two"], TextFiles.Open(Path("d.txt")).Read().Select(document => document.Text));
    }

    [Theory]
    [InlineData("x.jsonl", "{\"txt\":\"a\"}", "nearest is 'txt'")]
    [InlineData("x.jsonl", "{\"text\":", "not valid JSON")]
    [InlineData("x.jsonl", "[1]", "not a JSON object")]
    [InlineData("x.jsonl", "{\"text\":5}", "not text")]
    [InlineData("x.jsonl", "", "is empty")]
    [InlineData("x.jsonl.gz", "no gzip", "damaged")]
    [InlineData("x.pdf", "a", "neither .txt")]
    public void What_cannot_be_read_is_one_sentence(string name, string content, string hint)
    {
        using var folder = new TemporaryFolder();
        var path = System.IO.Path.Combine(folder.Path, name);
        File.WriteAllText(path, content);
        Assert.Contains(hint, Assert.Throws<InterpException>(() => TextFiles.Open(path).Read().ToArray()).Message, StringComparison.Ordinal);
    }
}
