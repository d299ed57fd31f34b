using System.Text.Json;
using Interp.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

/// <summary>Turns a Hugging Face folder into a GGUF file by the rules of llama.cpp's converter, independently of the reader.</summary>
internal static class GgufConversion
{
    /// <summary>The converter's names, longest first where one contains another.</summary>
    private static readonly (string HuggingFace, string Gguf)[] Names =
    [
        ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"), ("model.layers.", "blk."),
        ("self_attn.qkv_proj", "attn_qkv"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"), ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_up_proj", "ffn_up"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("input_layernorm", "attn_norm"),
        ("wte", "token_embd"), ("wpe", "position_embd"), ("ln_f", "output_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"),
        ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"), ("ln_1", "attn_norm"), ("ln_2", "ffn_norm"),
    ];

    /// <summary>The bytes of the file.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="architecture">llama, phi3, qwen2, qwen3, gemma2 or gpt2.</param>
    /// <param name="also">Metadata that the folder's config.json does not give.</param>
    public static byte[] Convert(string folder, string architecture, params (string, object)[] also)
    {
        using var scope = NewDisposeScope();
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        var config = document.RootElement;
        var metadata = new List<(string, object)> { ("general.architecture", architecture) };
        void Add(string key, object value) => metadata.Add(($"{architecture}.{key}", value));
        void Copy<T>(string key, string from, Func<double, T> to)
        {
            if (config.TryGetProperty(from, out var value) && value.ValueKind == JsonValueKind.Number)
                Add(key, to(value.GetDouble())!);
        }
        var old = architecture == "gpt2";
        Copy("embedding_length", old ? "n_embd" : "hidden_size", value => (uint)value);
        Copy("block_count", old ? "n_layer" : "num_hidden_layers", value => (uint)value);
        Copy("attention.head_count", old ? "n_head" : "num_attention_heads", value => (uint)value);
        Copy("attention.head_count_kv", "num_key_value_heads", value => (uint)value);
        Copy("attention.key_length", "head_dim", value => (uint)value);
        Copy("feed_forward_length", old ? "n_inner" : "intermediate_size", value => (uint)value);
        Copy("context_length", old ? "n_positions" : "max_position_embeddings", value => (uint)value);
        Copy("attention.layer_norm_rms_epsilon", "rms_norm_eps", value => (float)value);
        Copy("attention.layer_norm_epsilon", "layer_norm_epsilon", value => (float)value);
        Copy("rope.freq_base", "rope_theta", value => (float)value);
        Copy("attn_logit_softcapping", "attn_logit_softcapping", value => (float)value);
        Copy("final_logit_softcapping", "final_logit_softcapping", value => (float)value);
        Copy("attention.scale", "query_pre_attn_scalar", value => (float)(1 / Math.Sqrt(value)));
        if (architecture is "phi3" or "gemma2")
            Copy("attention.sliding_window", "sliding_window", value => (uint)value);
        var headWidth = old ? 0 : config.TryGetProperty("head_dim", out var given) ? given.GetInt32()
            : config.GetProperty("hidden_size").GetInt32() / config.GetProperty("num_attention_heads").GetInt32();
        Copy("rope.dimension_count", "partial_rotary_factor", value => (uint)(value * headWidth));
        var extra = Scaling(config, headWidth, Add);
        return GgufWriter.Write([.. metadata, .. also], [.. extra, .. Weights(folder, architecture, headWidth)]);
    }

    /// <summary>Settings and tensors of the rotary scaling.</summary>
    private static List<GgufData> Scaling(JsonElement config, int headWidth, Action<string, object> add)
    {
        if (!config.TryGetProperty("rope_scaling", out var scaling) || scaling.ValueKind != JsonValueKind.Object)
            return [];
        GgufData Factors(string name, IEnumerable<double> factors) =>
            GgufData.Of(name, [factors.Count()], [.. factors.Select(factor => (float)factor)]);
        double Value(string key) => scaling.GetProperty(key).GetDouble();
        IEnumerable<double> Values(string key) => scaling.GetProperty(key).EnumerateArray().Select(item => item.GetDouble());
        switch ((scaling.TryGetProperty("rope_type", out var type) ? type : scaling.GetProperty("type")).GetString())
        {
            case "linear":
                add("rope.scaling.type", "linear");
                add("rope.scaling.factor", (float)Value("factor"));
                return [];
            case "llama3":
                var (theta, low, high) = (config.GetProperty("rope_theta").GetDouble(), Value("low_freq_factor"), Value("high_freq_factor"));
                return
                [
                    Factors("rope_freqs.weight", Enumerable.Range(0, headWidth / 2).Select(i =>
                    {
                        var turns = Value("original_max_position_embeddings") / (2 * Math.PI * Math.Pow(theta, 2.0 * i / headWidth));
                        var share = Math.Clamp((turns - low) / (high - low), 0, 1);
                        return 1 / ((1 - share) / Value("factor") + share);
                    })),
                ];
            case "longrope":
                var original = config.GetProperty("original_max_position_embeddings").GetDouble();
                var ratio = config.GetProperty("max_position_embeddings").GetDouble() / original;
                add("rope.scaling.original_context_length", (uint)original);
                add("rope.scaling.attn_factor", (float)Math.Sqrt(1 + Math.Log(ratio) / Math.Log(original)));
                return [Factors("rope_factors_long.weight", Values("long_factor")), Factors("rope_factors_short.weight", Values("short_factor"))];
            default:
                throw new NotSupportedException("The fixture's rotary scaling has no form in GGUF files.");
        }
    }

    private static List<GgufData> Weights(string folder, string architecture, int headWidth)
    {
        var tensors = new List<GgufData>();
        foreach (var path in Directory.GetFiles(folder, "model*.safetensors").Order(StringComparer.Ordinal))
        {
            using var file = SafeTensors.Open(path);
            foreach (var name in file.Entries.Keys.Where(name => !name.EndsWith(".attn.bias", StringComparison.Ordinal)))
            {
                var tensor = file.View(name).to(ScalarType.Float32);
                if (architecture == "llama" && (name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal)))
                    tensor = tensor.view(tensor.size(0) / headWidth, 2, headWidth / 2, -1).transpose(1, 2).reshape(tensor.shape);
                if (architecture == "gemma2" && name.EndsWith("norm.weight", StringComparison.Ordinal))
                    tensor = tensor + 1;
                if (architecture == "gpt2" && name.Contains(".c_", StringComparison.Ordinal) && tensor.dim() == 2)
                    tensor = tensor.t();
                tensors.Add(GgufData.Of(Rename(name, architecture), tensor.shape, tensor.contiguous().data<float>().ToArray()));
            }
        }
        return tensors;
    }

    private static string Rename(string name, string architecture)
    {
        foreach (var (from, to) in Names)
            name = name.Replace(from, to, StringComparison.Ordinal);
        if (architecture == "gpt2")
            return name.StartsWith("h.", StringComparison.Ordinal) ? $"blk.{name[2..]}" : name;
        return architecture == "gemma2"
            ? name.Replace("post_attention_layernorm", "post_attention_norm", StringComparison.Ordinal)
                .Replace("pre_feedforward_layernorm", "ffn_norm", StringComparison.Ordinal)
                .Replace("post_feedforward_layernorm", "post_ffw_norm", StringComparison.Ordinal)
            : name.Replace("post_attention_layernorm", "ffn_norm", StringComparison.Ordinal);
    }
}
