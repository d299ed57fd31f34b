using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>
/// Reads the configuration of a model from the metadata of a GGUF file: they are written as the <c>config.json</c> that the file was made from,
/// which the family of the architecture then reads.
/// </summary>
internal static class GgufConfig
{
    public static ModelConfig Read(Gguf file)
    {
        if (file.Metadata.GetValueOrDefault("split.count") is ulong parts and > 1)
            throw new InterpException($"{file.Path} is one of {parts} parts of a model; join them with: llama-gguf-split --merge {Path.GetFileName(file.Path)} MODEL.gguf");
        var architecture = GgufArchitecture.Of(file);
        var metadata = new GgufMetadata(file, architecture.Name);
        var config = Common(metadata, architecture.EpsilonKey);
        architecture.AddSettings(metadata, config);
        metadata.RequireAllServed();
        var json = new ConfigJson(file.Path, JsonSerializer.SerializeToElement(config));
        var read = ModelFamily.Of(architecture.HuggingFace, file.Path).Configure(json, architecture.HuggingFace);
        return read with { OutputBias = metadata.Holds("blk.0.attn_output.bias") };
    }

    private static JsonObject Common(GgufMetadata metadata, string epsilonKey)
    {
        var (width, heads) = (metadata.Size("embedding_length"), metadata.Size("attention.head_count"));
        var headWidth = metadata.OptionalSize("attention.key_length")
            ?? (width % heads == 0 ? width / heads : throw metadata.Fault("attention.head_count", "does not divide the width"));
        if ((metadata.OptionalSize("attention.value_length") ?? headWidth) != headWidth)
            throw metadata.Fault("attention.value_length", "differs from key_length, which is not served");
        return new JsonObject
        {
            ["hidden_size"] = width,
            ["num_hidden_layers"] = metadata.Size("block_count"),
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = metadata.OptionalSize("attention.head_count_kv") ?? heads,
            ["head_dim"] = headWidth,
            ["intermediate_size"] = metadata.Size("feed_forward_length"),
            ["vocab_size"] = metadata.RowsOf("token_embd.weight"),
            ["max_position_embeddings"] = metadata.Size("context_length"),
            ["rms_norm_eps"] = metadata.Number(epsilonKey),
            ["rope_theta"] = metadata.OptionalNumber("rope.freq_base"),
            ["rope_scaling"] = Scaling(metadata),
            ["partial_rotary_factor"] = RotatedShare(metadata.OptionalSize("rope.dimension_count") ?? headWidth, headWidth),
            ["tie_word_embeddings"] = !metadata.Holds("output.weight"),
            ["bos_token_id"] = metadata.OptionalId("bos"),
            ["eos_token_id"] = Ends(metadata),
        };
    }

    /// <summary>The end of a text and, where a conversation has one, the end of a turn.</summary>
    private static JsonArray Ends(GgufMetadata metadata) =>
        [.. new[] { metadata.OptionalId("eos"), metadata.OptionalId("eot") }.OfType<int>().Distinct().Select(id => (JsonNode)id)];

    private static JsonObject? Scaling(GgufMetadata metadata) => metadata.OptionalText("rope.scaling.type") switch
    {
        null or "none" => null,
        "longrope" when metadata.Holds("rope_factors_long.weight") => null,
        "linear" => new() { ["rope_type"] = "linear", ["factor"] = metadata.Number("rope.scaling.factor") },
        var other => throw metadata.Fault("rope.scaling.type", $"is '{other}', which is not served (none, linear and longrope are)"),
    };

    /// <summary>The least share of a head whose product with its width is not below the rotated part.</summary>
    private static double RotatedShare(int rotated, int headWidth)
    {
        var share = (double)rotated / headWidth;
        return (int)(headWidth * share) < rotated ? Math.BitIncrement(share) : share;
    }
}
