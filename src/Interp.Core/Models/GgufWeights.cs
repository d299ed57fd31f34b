using System.Text.RegularExpressions;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// The weights of a llama-architecture GGUF file under their Hugging Face names, dequantised when first needed. Its q and k
/// rows come in pairs and go back to halves.
/// </summary>
internal sealed partial class GgufWeights(Gguf file, ModelConfig config, ScalarType type, Device device) : IWeightSource
{
    private static readonly Dictionary<string, string> BlockNames = new()
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly Lock gate = new();

    public bool Holds(string name) => file.Tensors.ContainsKey(NameInFile(name));

    public Tensor Get(string name, params ReadOnlySpan<long> shape)
    {
        lock (gate)
        {
            if (tensors.TryGetValue(name, out var known))
                return known;
            var loaded = Load(name, shape);
            tensors[name] = loaded;
            return loaded;
        }
    }

    public void Check(string name, params ReadOnlySpan<long> shape)
    {
        var stored = NameInFile(name);
        file.RequireServed(stored);
        RequireShape(stored, shape);
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
        file.Dispose();
    }

    private Tensor Load(string name, ReadOnlySpan<long> shape)
    {
        using var scope = NewDisposeScope();
        var stored = NameInFile(name);
        RequireShape(stored, shape);
        var tensor = file.Load(stored);
        if (name.Contains(".q_proj.", StringComparison.Ordinal) || name.Contains(".k_proj.", StringComparison.Ordinal))
            tensor = Halves(tensor);
        return tensor.to(type, device).DetachFromDisposeScope();
    }

    private void RequireShape(string stored, ReadOnlySpan<long> shape)
    {
        if (file.Tensors.TryGetValue(stored, out var entry) && !entry.Shape.AsSpan().SequenceEqual(shape))
            throw new InterpException($"{file.Path} holds '{stored}' with shape [{string.Join(", ", entry.Shape)}] where [{string.Join(", ", shape.ToArray())}] is needed; its metadata and tensors do not belong together.");
    }

    /// <summary>Row 2i+j of a head in the file is row j·half+i here.</summary>
    private Tensor Halves(Tensor rows)
    {
        long half = config.HeadWidth / 2, heads = rows.size(0) / config.HeadWidth;
        return rows.view(heads, half, 2, -1).transpose(1, 2).reshape(rows.shape).contiguous();
    }

    private static string NameInFile(string name)
    {
        var block = BlockName().Match(name);
        return block.Success
            ? $"blk.{block.Groups["layer"]}.{BlockNames[block.Groups["part"].Value]}.{block.Groups["kind"]}"
            : name switch
            {
                "model.embed_tokens.weight" => "token_embd.weight",
                "model.norm.weight" => "output_norm.weight",
                "lm_head.weight" => "output.weight",
                _ => throw new InterpException($"The weight '{name}' has no counterpart in a GGUF file."),
            };
    }

    [GeneratedRegex(@"^model\.layers\.(?<layer>\d+)\.(?<part>.+)\.(?<kind>weight|bias)$")]
    private static partial Regex BlockName();
}
