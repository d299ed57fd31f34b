using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class GoldenTokenizerTests
{
    public static TheoryData<string> Folders =>
        [.. Directory.GetDirectories(Fixtures.Path("tokenizers")).Order(StringComparer.Ordinal).Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_recorded_line_is_reproduced(string folder)
    {
        var report = TokenizerVerification.Verify(Fixtures.Path("tokenizers", folder));
        Assert.All(report.Checks, check => Assert.Equal(0, check.Error));
        Assert.Equal(5, report.Checks.Count);
    }

    [Fact]
    public void A_wrong_line_is_counted()
    {
        using var folder = new TemporaryFolder();
        var golden = folder.Write("golden.jsonl",
            """{"text":"a","ids":[1],"ids_special":[1],"decoded":"a","decoded_skip_special":"a","offsets":[[0,1]]}""");
        var report = TokenizerVerification.Verify(Fixtures.Path("tokenizers", "bpe-neox"), golden);
        Assert.False(report.Passed);
        Assert.Equal(1, report.Checks.Single(check => check.Name == "ids").Error);
        Assert.Equal(0, report.Checks.Single(check => check.Name == "offsets").Error);
    }

    [Fact]
    public void A_folder_can_name_another_one()
    {
        using var folder = new TemporaryFolder();
        var source = Fixtures.Path("tokenizers", "metaspace-first");
        folder.Write("first/tokenizer.json", File.ReadAllText(Path.Combine(source, "tokenizer.json")));
        folder.Write("second/golden.jsonl", File.ReadAllText(Path.Combine(source, "golden.jsonl")));
        folder.Write("second/tokenizer.txt", "first\n");
        Assert.True(TokenizerVerification.Verify(Path.Combine(folder.Path, "second")).Passed);
        folder.Write("second/tokenizer.txt", "third");
        Assert.Throws<InterpException>(() => TokenizerVerification.Verify(Path.Combine(folder.Path, "second")));
    }

    [Fact]
    public void Without_golden_lines_there_is_nothing_to_verify()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", File.ReadAllText(Fixtures.Path("tokenizers", "bpe-neox", "tokenizer.json")));
        Assert.Throws<InterpException>(() => TokenizerVerification.Verify(folder.Path));
    }

    [Fact]
    public void What_begins_and_ends_a_text_comes_from_the_configuration()
    {
        var llama3 = Tokenizer.Load(Fixtures.Path("tokenizers", "bpe-llama3-pairs"));
        Assert.Equal("<|begin_of_text|>", llama3.TokenText(llama3.BosId!.Value));
        var first = Tokenizer.Load(Fixtures.Path("tokenizers", "metaspace-first"));
        Assert.Equal((1, 1962), (first.BosId, first.VocabularySize));
        Assert.NotEqual(llama3.Digest, first.Digest);
    }
}
