using System.Text.Json;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>Reads <c>tokenizer.json</c> of the Hugging Face library (version 1.0, model BPE).</summary>
internal static class TokenizerJson
{
    /// <param name="content">The bytes of the file.</param>
    /// <param name="path">Its path, for messages.</param>
    public static TokenizerParts Read(ReadOnlyMemory<byte> content, string path)
    {
        var root = JsonField.Parse(content, path);
        if (root["version"].OptionalText is { } version && version != "1.0")
            throw root.Bad($"is of version '{version}'; 1.0 is served");
        var model = root["model"];
        if (model.IsNull)
            throw root.Bad("has no model");
        return new TokenizerParts(new BpeModel(Model(model), model.Where))
        {
            Normalizer = TokenizerSteps.Normalizer(root["normalizer"]),
            PreTokenizer = TokenizerSteps.PreTokenizer(root["pre_tokenizer"]),
            PostProcessor = TokenizerSteps.PostProcessor(root["post_processor"]),
            Decoder = TokenizerSteps.Decoder(root["decoder"]),
            AddedTokens = root["added_tokens"] is { IsNull: false } tokens ? [.. tokens.Items.Select(Added)] : [],
        };
    }

    private static BpeDefinition Model(JsonField model)
    {
        // Old files leave the type out.
        if (model["type"].OptionalText is { } type && type != "BPE")
            throw model.Bad($"is of type '{type}'; BPE is served");
        if (model["dropout"] is { IsNull: false } dropout && !(dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0))
            throw dropout.Bad("is not zero; tokenizing at random is not served");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (piece, id) in model["vocab"].Members)
            vocabulary[piece] = id.Count;
        return new BpeDefinition(vocabulary, [.. model["merges"].Items.Where(item => !IsHeader(item)).Select(Merge)])
        {
            Unknown = model["unk_token"].OptionalText,
            FuseUnknown = model["fuse_unk"].Flag(false),
            ByteFallback = model["byte_fallback"].Flag(false),
            IgnoreMerges = model["ignore_merges"].Flag(false),
            Prefix = model["continuing_subword_prefix"].OptionalText ?? "",
            Suffix = model["end_of_word_suffix"].OptionalText ?? "",
        };
    }

    private static bool IsHeader(JsonField merge) =>
        merge.Value.ValueKind == JsonValueKind.String && merge.Text.StartsWith("#version", StringComparison.Ordinal);

    private static (string, string) Merge(JsonField merge)
    {
        var parts = merge.Value.ValueKind == JsonValueKind.Array ? [.. merge.Items.Select(item => item.Text)] : merge.Text.Split(' ');
        return parts is [var left, var right] ? (left, right) : throw merge.Bad("is no pair of pieces");
    }

    private static AddedToken Added(JsonField field) => new(
        field["id"].Count,
        field["content"].Text,
        field["single_word"].Flag(false),
        field["lstrip"].Flag(false),
        field["rstrip"].Flag(false),
        field["normalized"].Flag(true),
        field["special"].Flag(false));
}

/// <summary>What a tokenizer is put together from.</summary>
internal sealed record TokenizerParts(BpeModel Model)
{
    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    public Decoder? Decoder { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];
}
