using System.Text;
using Interp.Formats;
using Interp.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Formats;

/// <summary>Writes small GGUF files, independently of the reader.</summary>
internal static class GgufSample
{
    private const int Alignment = 32;

    /// <summary>One F32 tensor of two values and two metadata pairs.</summary>
    public static byte[] Tiny() => Build(
        [("general.architecture", "llama"), ("answer", 42u)],
        [("x", [2], [1.5f, -2f])]);

    /// <summary>The weights of a Mistral folder in llama.cpp's names, with q and k rows in pairs.</summary>
    public static byte[] FromMistral(string modelFolder)
    {
        var config = LanguageModel.Describe(modelFolder) with { Window = null };
        using var scope = NewDisposeScope();
        var tensors = new List<(string, long[], float[])>();
        foreach (var path in Directory.GetFiles(modelFolder, "model*.safetensors").Order(StringComparer.Ordinal))
        {
            using var file = SafeTensors.Open(path);
            foreach (var name in file.Entries.Keys)
            {
                var tensor = file.View(name);
                if (name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal))
                    tensor = tensor.view(tensor.size(0) / config.HeadWidth, 2, config.HeadWidth / 2, -1).transpose(1, 2).reshape(tensor.shape);
                tensors.Add((Rename(name), tensor.shape, tensor.contiguous().data<float>().ToArray()));
            }
        }
        return Build(
            [
                ("general.architecture", "llama"), ("llama.embedding_length", (uint)config.Width), ("llama.block_count", (uint)config.LayerCount),
                ("llama.attention.head_count", (uint)config.HeadCount), ("llama.attention.head_count_kv", (uint)config.KeyValueHeadCount),
                ("llama.feed_forward_length", (uint)config.MlpWidth), ("llama.context_length", (uint)config.ContextLength),
                ("llama.attention.layer_norm_rms_epsilon", (float)config.NormEpsilon), ("llama.rope.freq_base", (float)config.Rope!.Base),
            ],
            tensors);
    }

    private static string Rename(string name) => name
        .Replace("model.layers.", "blk.", StringComparison.Ordinal)
        .Replace("self_attn.q_proj", "attn_q", StringComparison.Ordinal)
        .Replace("self_attn.k_proj", "attn_k", StringComparison.Ordinal)
        .Replace("self_attn.v_proj", "attn_v", StringComparison.Ordinal)
        .Replace("self_attn.o_proj", "attn_output", StringComparison.Ordinal)
        .Replace("mlp.gate_proj", "ffn_gate", StringComparison.Ordinal)
        .Replace("mlp.up_proj", "ffn_up", StringComparison.Ordinal)
        .Replace("mlp.down_proj", "ffn_down", StringComparison.Ordinal)
        .Replace("post_attention_layernorm", "ffn_norm", StringComparison.Ordinal)
        .Replace("input_layernorm", "attn_norm", StringComparison.Ordinal)
        .Replace("model.embed_tokens", "token_embd", StringComparison.Ordinal)
        .Replace("model.norm", "output_norm", StringComparison.Ordinal)
        .Replace("lm_head", "output", StringComparison.Ordinal);

    private static byte[] Build((string Key, object Value)[] metadata, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }
        void Pad()
        {
            while (stream.Position % Alignment != 0)
                writer.Write((byte)0);
        }
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Length);
        foreach (var (key, value) in metadata)
        {
            Text(key);
            switch (value)
            {
                case string text:
                    writer.Write(8u);
                    Text(text);
                    break;
                case uint number:
                    writer.Write(4u);
                    writer.Write(number);
                    break;
                case float number:
                    writer.Write(6u);
                    writer.Write(number);
                    break;
            }
        }
        var offset = 0L;
        foreach (var (name, shape, values) in tensors)
        {
            Text(name);
            writer.Write((uint)shape.Length);
            foreach (var size in shape.Reverse())
                writer.Write((ulong)size);
            writer.Write(0u);
            writer.Write((ulong)offset);
            offset += (values.Length * 4L + Alignment - 1) / Alignment * Alignment;
        }
        Pad();
        foreach (var (_, _, values) in tensors)
        {
            foreach (var value in values)
                writer.Write(value);
            Pad();
        }
        return stream.ToArray();
    }
}
