using Interp.Formats;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>Reads the configuration of a model from the metadata of a GGUF file.</summary>
internal static class GgufConfig
{
    private const string Served = "llama";

    public static ModelConfig Read(Gguf file)
    {
        var architecture = file.Metadata.GetValueOrDefault("general.architecture") as string
            ?? throw Fault(file, "general.architecture", "is missing");
        if (architecture != Served)
            throw Fault(file, "general.architecture", $"is '{architecture}', which is not served ({Served} is)");
        var width = Size(file, "llama.embedding_length");
        var heads = Size(file, "llama.attention.head_count");
        var headWidth = OptionalSize(file, "llama.attention.key_length")
            ?? (width % heads == 0 ? width / heads : throw Fault(file, "llama.attention.head_count", "does not divide the width"));
        var keyValueHeads = OptionalSize(file, "llama.attention.head_count_kv") ?? heads;
        var rotated = OptionalSize(file, "llama.rope.dimension_count") ?? headWidth;
        if (heads % keyValueHeads != 0 || headWidth % 2 != 0 || rotated != headWidth)
            throw Fault(file, "llama.attention.head_count_kv", "or the rotated width does not fit the heads");
        if ((OptionalSize(file, "llama.attention.value_length") ?? headWidth) != headWidth)
            throw Fault(file, "llama.attention.value_length", "differs from key_length, which is not served");
        if (!file.Tensors.TryGetValue("token_embd.weight", out var embedding))
            throw new InterpException($"{file.Path} has no tensor 'token_embd.weight'; it holds no whole model.");
        var layers = Size(file, "llama.block_count");
        if (layers > 10_000)
            throw Fault(file, "llama.block_count", $"is {layers}, more than any model has");
        return new ModelConfig
        {
            Architecture = "LlamaForCausalLM",
            LayerCount = layers,
            Width = width,
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadWidth = headWidth,
            MlpWidth = Size(file, "llama.feed_forward_length"),
            VocabularySize = (int)Math.Min(embedding.Shape[0], int.MaxValue),
            ContextLength = Size(file, "llama.context_length"),
            NormEpsilon = Number(file, "llama.attention.layer_norm_rms_epsilon", null),
            Rope = new RopeConfig(Number(file, "llama.rope.freq_base", 10_000), headWidth, Scaling(file, headWidth)),
            TiedHead = !file.Tensors.ContainsKey("output.weight"),
            AttentionBias = file.Tensors.ContainsKey("blk.0.attn_q.bias"),
            OutputBias = file.Tensors.ContainsKey("blk.0.attn_output.bias"),
            MlpBias = file.Tensors.ContainsKey("blk.0.ffn_gate.bias"),
            BosId = OptionalSize(file, "tokenizer.ggml.bos_token_id", 0),
            EosId = OptionalSize(file, "tokenizer.ggml.eos_token_id", 0),
        };
    }

    /// <summary>Linear scaling, or one divisor per frequency as Llama 3 files carry it in <c>rope_freqs.weight</c>.</summary>
    private static RopeScaling Scaling(Gguf file, int headWidth)
    {
        if (file.Tensors.ContainsKey("rope_freqs.weight"))
        {
            using var divisors = file.Load("rope_freqs.weight");
            double[] factors = [.. TensorMemory.Span<float>(divisors).ToArray().Select(factor => (double)factor)];
            return factors.Length == headWidth / 2
                ? new RopeScaling.LongRope(factors, factors, int.MaxValue, 1)
                : throw Fault(file, "rope_freqs.weight", $"has {factors.Length} entries where {headWidth / 2} are needed");
        }
        return file.Metadata.GetValueOrDefault("llama.rope.scaling.type") switch
        {
            null or "none" => new RopeScaling.None(),
            "linear" => new RopeScaling.Linear(Number(file, "llama.rope.scaling.factor", null)),
            var other => throw Fault(file, "llama.rope.scaling.type", $"is '{other}', which is not served (none and linear are)"),
        };
    }

    private static int Size(Gguf file, string key) => OptionalSize(file, key) ?? throw Fault(file, key, "is missing");

    private static int? OptionalSize(Gguf file, string key, int smallest = 1) => file.Metadata.GetValueOrDefault(key) switch
    {
        null => null,
        ulong size when size >= (ulong)smallest && size <= 10_000_000 => (int)size,
        long size when size >= smallest && size <= 10_000_000 => (int)size,
        _ => throw Fault(file, key, $"is not a whole number between {smallest} and 10000000"),
    };

    private static double Number(Gguf file, string key, double? missing) => file.Metadata.GetValueOrDefault(key) switch
    {
        double number when double.IsFinite(number) => number,
        null when missing is { } number => number,
        _ => throw Fault(file, key, "is missing or no number"),
    };

    private static InterpException Fault(Gguf file, string key, string what) => new($"In {file.Path}, '{key}' {what}; fetch the file again or use another.");
}
