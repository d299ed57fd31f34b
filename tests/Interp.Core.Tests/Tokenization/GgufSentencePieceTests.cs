using System.Text.Json;
using Interp.Core.Tests.Formats;
using Interp.Runtime;
using Interp.Tokenization;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

/// <summary>SentencePiece vocabularies in GGUF files, made from golden tokenizers whose pieces stand in the order of their scores, runs of spaces apart, which score least.</summary>
public sealed class GgufSentencePieceTests
{
    [Theory]
    [InlineData("llama2", "llama", true)]
    [InlineData("gemma-like", "gemma2", false)]
    public void Every_recorded_line_is_reproduced(string folder, string architecture, bool addsSpace)
    {
        using var temporary = new TemporaryFolder();
        var path = Path.Combine(temporary.Path, "vocabulary.gguf");
        File.WriteAllBytes(path, GgufWriter.Write(Metadata(folder, architecture, addsSpace)));
        var report = TokenizerVerification.Verify(Tokenizer.Load(path), Fixtures.Path("tokenizers", folder, "golden.jsonl"));
        Assert.All(report.Checks, check => Assert.True(check.Error == 0, $"{check} {string.Join(' ', report.Notes)}"));
    }

    [Fact]
    public void The_best_score_merges_first_and_of_equal_ones_the_leftmost()
    {
        Assert.Equal(["a", "bc"], Tokens("abc", ("ab", -2), ("bc", -1)));
        Assert.Equal(["ab", "c"], Tokens("abc", ("ab", -1), ("bc", -1)));
        Assert.Equal(["ab", "c"], Tokens("abc", ("bc", -1), ("ab", -1)));
        Assert.Equal(["abc"], Tokens("abc", ("ab", -2), ("bc", -1), ("abc", -9)));
    }

    [Fact]
    public void Settings_count_where_they_are_given()
    {
        var metadata = Small(("▁a", -1f));
        Assert.Equal(["<s>", "▁a"], Tokens(metadata, "a", true));
        metadata["tokenizer.ggml.add_space_prefix"] = false;
        metadata["tokenizer.ggml.add_bos_token"] = false;
        metadata["tokenizer.ggml.add_eos_token"] = true;
        Assert.Equal(["a", "</s>"], Tokens(metadata, "a", true));
        Assert.NotEqual(Tokenizer.FromGguf(metadata).Digest, Tokenizer.FromGguf(Small(("▁a", -1f))).Digest);
    }

    [Fact]
    public void White_space_behind_a_special_token_of_Phi3_belongs_to_it()
    {
        var metadata = Small(("<|end|>", 0f));
        ((int[])metadata["tokenizer.ggml.token_type"])[^1] = 3;
        Assert.Equal(["<|end|>", "▁", "▁", "<0x0A>", "a"], Tokens(metadata, "<|end|> \na", false));
        metadata["general.architecture"] = "phi3";
        Assert.Equal(["<|end|>", "▁", "a"], Tokens(metadata, "<|end|> \na", false));
    }

    [Theory]
    [InlineData("scores", new[] { 1f }, "scores")]
    [InlineData("scores", "text", "scores")]
    [InlineData("add_space_prefix", 1u, "add_space_prefix")]
    public void What_is_wrong_is_said(string key, object value, string says)
    {
        var metadata = Small();
        metadata[$"tokenizer.ggml.{key}"] = value;
        Assert.Contains(says, Assert.Throws<InterpException>(() => Tokenizer.FromGguf(metadata)).Message, StringComparison.Ordinal);
    }

    private static string[] Tokens(string text, params (string Piece, float Score)[] pieces)
    {
        var metadata = Small(pieces);
        metadata["tokenizer.ggml.add_space_prefix"] = false;
        return Tokens(metadata, text, false);
    }

    private static string[] Tokens(Dictionary<string, object> metadata, string text, bool addSpecialTokens)
    {
        var tokenizer = Tokenizer.FromGguf(metadata);
        return [.. tokenizer.Encode(text, addSpecialTokens).Ids.Select(tokenizer.TokenText)];
    }

    /// <summary>The letters a, b and c, all bytes, and some pieces more.</summary>
    private static Dictionary<string, object> Small(params (string Piece, float Score)[] pieces)
    {
        var bytes = Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>");
        string[] tokens = ["<unk>", "<s>", "</s>", .. bytes, "▁", "a", "b", "c", .. pieces.Select(piece => piece.Piece)];
        return new Dictionary<string, object>
        {
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = tokens,
            ["tokenizer.ggml.scores"] = tokens.Select((_, id) => id < 263 ? -1000f : pieces[id - 263].Score).ToArray(),
            ["tokenizer.ggml.token_type"] = tokens.Select((_, id) => id switch { 0 => 2, < 3 => 3, < 259 => 6, _ => 1 }).ToArray(),
            ["tokenizer.ggml.bos_token_id"] = 1u,
            ["tokenizer.ggml.eos_token_id"] = 2u,
        };
    }

    private static (string, object)[] Metadata(string folder, string architecture, bool addsSpace)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("tokenizers", folder, "tokenizer.json")));
        var pieces = document.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(piece => piece.Value.GetInt32(), piece => piece.Name);
        var added = document.RootElement.GetProperty("added_tokens").EnumerateArray()
            .ToDictionary(token => token.GetProperty("id").GetInt32(), token => (Text: token.GetProperty("content").GetString()!, Special: token.GetProperty("special").GetBoolean()));
        var count = Math.Max(pieces.Keys.Max(), added.Keys.Max()) + 1;
        string[] texts = [.. Enumerable.Range(0, count).Select(id => added.TryGetValue(id, out var token) ? token.Text : pieces.GetValueOrDefault(id, $"[PAD{id}]"))];
        int TypeOf(int id) => texts[id] == "<unk>" ? 2
            : added.TryGetValue(id, out var token) ? token.Special ? 3 : 4
            : !pieces.ContainsKey(id) ? 5
            : texts[id].StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1;
        return
        [
            ("general.architecture", architecture),
            ("tokenizer.ggml.model", "llama"),
            ("tokenizer.ggml.tokens", texts),
            ("tokenizer.ggml.scores", texts.Select((text, id) => text.All(character => character == '▁') ? -1e9f : -(float)id).ToArray()),
            ("tokenizer.ggml.token_type", texts.Select((_, id) => TypeOf(id)).ToArray()),
            ("tokenizer.ggml.bos_token_id", (uint)Array.IndexOf(texts, architecture == "gemma2" ? "<bos>" : "<s>")),
            ("tokenizer.ggml.eos_token_id", (uint)Array.IndexOf(texts, "</s>")),
            ("tokenizer.ggml.add_space_prefix", addsSpace),
        ];
    }
}
