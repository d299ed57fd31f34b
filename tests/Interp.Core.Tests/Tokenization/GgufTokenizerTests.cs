using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class GgufTokenizerTests
{
    private static Dictionary<string, object> Metadata(string pre) => new()
    {
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.pre"] = pre,
        ["tokenizer.ggml.tokens"] = new[] { "<s>", "a", "b", "ab", "Ġ", "Ġa", "1", "2", "12", "<user>" },
        ["tokenizer.ggml.merges"] = new[] { "a b", "Ġ a", "1 2" },
        ["tokenizer.ggml.token_type"] = new[] { 3, 1, 1, 1, 1, 1, 1, 1, 1, 4 },
        ["tokenizer.ggml.bos_token_id"] = 0u,
        ["tokenizer.ggml.eos_token_id"] = 0UL,
        ["tokenizer.ggml.add_bos_token"] = true,
    };

    [Theory]
    [InlineData("gpt-2", new[] { 0, 3, 5, 8 })]
    [InlineData("smollm", new[] { 0, 3, 5, 6, 7 })]
    [InlineData("llama-bpe", new[] { 0, 3, 5, 8 })]
    [InlineData("qwen2", new[] { 0, 3, 5, 6, 7 })]
    public void Words_split_as_the_kind_says(string pre, int[] expected)
    {
        var tokenizer = Tokenizer.FromGguf(Metadata(pre));
        Assert.Equal(expected, tokenizer.Encode("ab a12", true).Ids);
        Assert.Equal("ab a12", tokenizer.Decode(expected, true));
        Assert.Equal((0, 0, 10), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize));
    }

    /// <summary>The ids are those that llama.cpp gives for such a file; each kind splits this text otherwise.</summary>
    [Theory]
    [InlineData(null, new[] { 14, 12, 15, 7, 8, 3, 9, 4, 12, 10, 10, 13, 11 })]
    [InlineData("default", new[] { 14, 12, 15, 7, 8, 3, 9, 4, 12, 10, 10, 13, 11 })]
    [InlineData("gpt-2", new[] { 14, 12, 15, 18, 3, 9, 4, 17, 10, 13, 11 })]
    [InlineData("smollm", new[] { 14, 12, 5, 6, 7, 8, 3, 9, 4, 17, 10, 13, 11 })]
    [InlineData("llama-bpe", new[] { 0, 14, 12, 15, 7, 8, 3, 9, 4, 17, 19, 11 })]
    [InlineData("qwen2", new[] { 14, 12, 5, 6, 7, 8, 3, 9, 4, 17, 19, 11 })]
    [InlineData("tekken", new[] { 0, 1, 2, 12, 5, 6, 7, 8, 3, 9, 4, 17, 20 })]
    [InlineData("gpt-4o", new[] { 1, 2, 12, 15, 7, 8, 16, 4, 17, 20 })]
    public void Ids_are_those_of_llama_cpp_also_where_a_file_does_not_say_how_a_text_begins(string? pre, int[] expected)
    {
        var metadata = new Dictionary<string, object>
        {
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.tokens"] = new[] { "<s>", "a", "B", "b", "s", "1", "2", "3", "4", "'", ".", "/", "Ġ", "Ċ", "aB", "12", "b'", "Ġ.", "34", ".Ċ", ".Ċ/" },
            ["tokenizer.ggml.merges"] = new[] { "a B", "1 2", "b '", "Ġ .", "3 4", ". Ċ", ".Ċ /" },
            ["tokenizer.ggml.bos_token_id"] = 0u,
        };
        if (pre is not null)
            metadata["tokenizer.ggml.pre"] = pre;
        Assert.Equal(expected, Tokenizer.FromGguf(metadata).Encode("aB 1234b's ..\n/", addSpecialTokens: true).Ids);
        metadata["tokenizer.ggml.add_bos_token"] = false;
        Assert.Equal(expected.Where(id => id != 0), Tokenizer.FromGguf(metadata).Encode("aB 1234b's ..\n/", addSpecialTokens: true).Ids);
    }

    [Fact]
    public void Lists_may_come_boxed()
    {
        var boxed = Metadata("gpt-2").ToDictionary(pair => pair.Key, pair => pair.Value is Array array ? array.Cast<object>().ToArray() : pair.Value);
        var (plain, other) = (Tokenizer.FromGguf(Metadata("gpt-2")), Tokenizer.FromGguf(boxed));
        Assert.Equal(plain.Digest, other.Digest);
        Assert.Equal(plain.Encode("<user>ab<s>", true).Ids, other.Encode("<user>ab<s>", true).Ids);
        Assert.Equal([9, 3, 0], plain.Encode("<user>ab<s>", false).Ids);
        Assert.Equal("<user>ab", plain.Decode([9, 3, 0], true));
    }

    [Theory]
    [InlineData("tokenizer.ggml.model", "t5", "'t5'")]
    [InlineData("tokenizer.ggml.pre", "novel", "'novel'")]
    [InlineData("tokenizer.ggml.tokens", "text", "tokens")]
    [InlineData("tokenizer.ggml.merges", null, "merges")]
    [InlineData("tokenizer.ggml.bos_token_id", 10, "bos_token_id")]
    [InlineData("tokenizer.ggml.token_type", new[] { 1 }, "token_type")]
    public void What_is_not_served_is_said(string key, object? value, string says)
    {
        var metadata = Metadata("gpt-2");
        metadata.Remove(key);
        if (value is not null)
            metadata[key] = value;
        Assert.Contains(says, Assert.Throws<InterpException>(() => Tokenizer.FromGguf(metadata)).Message);
    }
}
