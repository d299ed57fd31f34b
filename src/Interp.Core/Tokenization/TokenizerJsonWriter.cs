using System.Text.Encodings.Web;
using System.Text.Json;

namespace Interp.Tokenization;

/// <summary>Writes a byte-fallback BPE tokenizer in the form that the Hugging Face library reads.</summary>
internal static class TokenizerJsonWriter
{
    /// <param name="pieces">All pieces, in the order of their ids.</param>
    /// <param name="merges">The merges, by rank.</param>
    /// <param name="special">The special tokens, which are pieces; the first is the unknown one.</param>
    /// <param name="begin">The special token that begins a text.</param>
    /// <param name="words">The regular expression of a word.</param>
    public static string Write(IReadOnlyList<string> pieces, IEnumerable<(string Left, string Right)> merges, string[] special, string begin, string words)
    {
        var ids = pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id, StringComparer.Ordinal);
        var root = new
        {
            version = "1.0",
            truncation = (object?)null,
            padding = (object?)null,
            added_tokens = special.Select(token => new
            {
                id = ids[token],
                content = token,
                single_word = false,
                lstrip = false,
                rstrip = false,
                normalized = false,
                special = true,
            }),
            normalizer = new
            {
                type = "Sequence",
                normalizers = new object[]
                {
                    new { type = "Prepend", prepend = "▁" },
                    new { type = "Replace", pattern = new { String = " " }, content = "▁" },
                },
            },
            pre_tokenizer = new { type = "Split", pattern = new { Regex = words }, behavior = "Isolated", invert = false },
            post_processor = Template(begin, ids[begin]),
            decoder = new
            {
                type = "Sequence",
                decoders = new object[]
                {
                    new { type = "Replace", pattern = new { String = "▁" }, content = " " },
                    new { type = "ByteFallback" },
                    new { type = "Fuse" },
                    new { type = "Strip", content = " ", start = 1, stop = 0 },
                },
            },
            model = new
            {
                type = "BPE",
                dropout = (object?)null,
                unk_token = special[0],
                continuing_subword_prefix = (object?)null,
                end_of_word_suffix = (object?)null,
                fuse_unk = true,
                byte_fallback = true,
                ignore_merges = false,
                vocab = ids.OrderBy(pair => pair.Value).ToDictionary(pair => pair.Key, pair => pair.Value),
                merges = merges.Select(merge => $"{merge.Left} {merge.Right}"),
            },
        };
        var options = new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return JsonSerializer.Serialize(root, options) + "\n";
    }

    private static object Template(string begin, int id)
    {
        object Token(int type) => new { SpecialToken = new { id = begin, type_id = type } };
        object Text(string name, int type) => new { Sequence = new { id = name, type_id = type } };
        return new
        {
            type = "TemplateProcessing",
            single = new[] { Token(0), Text("A", 0) },
            pair = new[] { Token(0), Text("A", 0), Token(1), Text("B", 1) },
            special_tokens = new Dictionary<string, object> { [begin] = new { id = begin, ids = new[] { id }, tokens = new[] { begin } } },
        };
    }
}
