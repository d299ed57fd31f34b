using System.Text.Json.Nodes;

namespace Interp.Models;

/// <summary>Writes what the metadata of single architectures says as settings of <c>config.json</c>.</summary>
internal static class GgufSettings
{
    private const int LayersOfGemma2With27B = 46;

    /// <summary>Biases where there are tensors; linear scaling, or one divisor per frequency as Llama 3 files carry it in <c>rope_freqs.weight</c>.</summary>
    public static void Llama(GgufMetadata metadata, JsonObject config)
    {
        config["attention_bias"] = metadata.Holds("blk.0.attn_q.bias");
        config["mlp_bias"] = metadata.Holds("blk.0.ffn_gate.bias");
        if (metadata.OptionalValues("rope_freqs.weight") is { } divisors)
            config["rope_scaling"] = LongRope(divisors, divisors, metadata.Size("context_length"), amplitude: 1);
    }

    /// <summary>The window, and the divisors for short and long inputs.</summary>
    public static void Phi3(GgufMetadata metadata, JsonObject config)
    {
        if (metadata.OptionalSize("attention.sliding_window", smallest: 0) is > 0 and var window)
            config["sliding_window"] = window;
        if (metadata.OptionalValues("rope_factors_short.weight") is { } near && metadata.OptionalValues("rope_factors_long.weight") is { } far)
            config["rope_scaling"] = LongRope(near, far, metadata.Size("rope.scaling.original_context_length"), metadata.OptionalNumber("rope.scaling.attn_factor"));
    }

    /// <summary>
    /// Caps, window and the scale of the scores. Files do not carry the scale as a rule: it is one over the root of a head's width, or in the
    /// largest model of the family, which its depth gives away, of the width over the heads.
    /// </summary>
    public static void Gemma2(GgufMetadata metadata, JsonObject config)
    {
        config["attn_logit_softcapping"] = metadata.Number("attn_logit_softcapping");
        config["final_logit_softcapping"] = metadata.Number("final_logit_softcapping");
        config["sliding_window"] = metadata.Size("attention.sliding_window");
        config["query_pre_attn_scalar"] = metadata.OptionalNumber("attention.scale") is { } scale ? 1 / (scale * scale)
            : metadata.Size("block_count") == LayersOfGemma2With27B ? (double)metadata.Size("embedding_length") / metadata.Size("attention.head_count")
            : metadata.Size("attention.key_length");
    }

    /// <summary>The keys under their older names.</summary>
    public static void Gpt2(GgufMetadata metadata, JsonObject config)
    {
        config["n_embd"] = metadata.Size("embedding_length");
        config["n_layer"] = metadata.Size("block_count");
        config["n_head"] = metadata.Size("attention.head_count");
        config["n_inner"] = metadata.Size("feed_forward_length");
        config["n_positions"] = metadata.Size("context_length");
        config["layer_norm_epsilon"] = config["rms_norm_eps"]!.DeepClone();
    }

    private static JsonObject LongRope(double[] near, double[] far, int originalLength, double? amplitude) => new()
    {
        ["rope_type"] = "longrope",
        ["short_factor"] = new JsonArray([.. near.Select(factor => (JsonNode)factor)]),
        ["long_factor"] = new JsonArray([.. far.Select(factor => (JsonNode)factor)]),
        ["original_max_position_embeddings"] = originalLength,
        ["attention_factor"] = amplitude,
    };
}
