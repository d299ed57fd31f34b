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
