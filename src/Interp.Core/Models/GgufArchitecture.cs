using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>How llama.cpp files of one architecture name and store what Hugging Face checkpoints hold. A new one is an entry of <see cref="All"/>.</summary>
/// <param name="Name">The file's <c>general.architecture</c>.</param>
/// <param name="HuggingFace">The architecture in Hugging Face's <c>config.json</c>.</param>
internal sealed partial record GgufArchitecture(string Name, string HuggingFace)
{
    private static readonly Dictionary<string, string> LlamaParts = new()
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

    private static readonly Dictionary<string, string> LlamaOutside = new()
    {
        ["model.embed_tokens"] = "token_embd",
        ["model.norm"] = "output_norm",
        ["lm_head"] = "output",
    };

    /// <summary>The architectures that are served.</summary>
    public static readonly IReadOnlyList<GgufArchitecture> All =
    [
        new("llama", "LlamaForCausalLM") { HasPairedRows = true, AddSettings = GgufSettings.Llama },
        new("phi3", "Phi3ForCausalLM")
        {
            Parts = new(LlamaParts) { ["self_attn.qkv_proj"] = "attn_qkv", ["mlp.gate_up_proj"] = "ffn_up" },
            AddSettings = GgufSettings.Phi3,
        },
        new("qwen2", "Qwen2ForCausalLM"),
        new("qwen3", "Qwen3ForCausalLM") { Parts = new(LlamaParts) { ["self_attn.q_norm"] = "attn_q_norm", ["self_attn.k_norm"] = "attn_k_norm" } },
        new("gemma2", "Gemma2ForCausalLM")
        {
            Parts = new(LlamaParts)
            {
                ["post_attention_layernorm"] = "post_attention_norm",
                ["pre_feedforward_layernorm"] = "ffn_norm",
                ["post_feedforward_layernorm"] = "post_ffw_norm",
            },
            HasShiftedNorms = true,
            AddSettings = GgufSettings.Gemma2,
        },
        new("gpt2", "GPT2LMHeadModel")
        {
            BlockPrefix = "h",
            Parts = new()
            {
                ["ln_1"] = "attn_norm",
                ["attn.c_attn"] = "attn_qkv",
                ["attn.c_proj"] = "attn_output",
                ["ln_2"] = "ffn_norm",
                ["mlp.c_fc"] = "ffn_up",
                ["mlp.c_proj"] = "ffn_down",
            },
            Outside = new() { ["wte"] = "token_embd", ["wpe"] = "position_embd", ["ln_f"] = "output_norm", ["lm_head"] = "output" },
            HasTurnedMatrices = true,
            EpsilonKey = "attention.layer_norm_epsilon",
            AddSettings = GgufSettings.Gpt2,
        },
    ];

    /// <summary>What stands before a block's number in Hugging Face's names.</summary>
    public string BlockPrefix { get; private init; } = "model.layers";

    /// <summary>The parts of a block: Hugging Face's name, the file's name.</summary>
    public Dictionary<string, string> Parts { get; private init; } = LlamaParts;

    /// <summary>What stands outside the blocks: Hugging Face's name, the file's name.</summary>
    public Dictionary<string, string> Outside { get; private init; } = LlamaOutside;

    /// <summary>Whether row 2i+j of a head of q and k is Hugging Face's row j·half+i, so that neighbours rotate together.</summary>
    public bool HasPairedRows { get; private init; }

    /// <summary>Whether the weights of norms are stored plus 1.</summary>
    public bool HasShiftedNorms { get; private init; }

    /// <summary>Whether the matrices of blocks, [outputs, inputs] in the file, are [inputs, outputs] at Hugging Face.</summary>
    public bool HasTurnedMatrices { get; private init; }

    /// <summary>The key of the norms' epsilon.</summary>
    public string EpsilonKey { get; private init; } = "attention.layer_norm_rms_epsilon";

    /// <summary>Adds the settings of the architecture to a <c>config.json</c> that has what all share.</summary>
    public Action<GgufMetadata, JsonObject> AddSettings { get; private init; } = static (_, _) => { };

    /// <summary>The architecture of a file.</summary>
    /// <exception cref="InterpException">It is not served.</exception>
    public static GgufArchitecture Of(Gguf file) => file.Metadata.GetValueOrDefault("general.architecture") is string name
        ? All.FirstOrDefault(known => known.Name == name)
            ?? throw new InterpException($"{file.Path} is of the architecture '{name}', which is not served; these are: {string.Join(", ", All.Select(known => known.Name))}.")
        : throw new InterpException($"{file.Path} does not say its general.architecture; fetch the file again or use another.");

    /// <summary>The file's name of a weight, or null for a name that the architecture does not have.</summary>
    public string? NameInFile(string name)
    {
        if (Weight().Match(name) is not { Success: true } weight)
            return null;
        var (path, kind) = (weight.Groups["path"].Value, weight.Groups["kind"].Value);
        if (Outside.TryGetValue(path, out var outside))
            return $"{outside}.{kind}";
        return path.StartsWith(BlockPrefix + ".", StringComparison.Ordinal) && Part().Match(path[(BlockPrefix.Length + 1)..]) is { Success: true } part
            && Parts.TryGetValue(part.Groups["part"].Value, out var inside)
                ? $"blk.{part.Groups["layer"]}.{inside}.{kind}"
                : null;
    }

    [GeneratedRegex(@"^(?<path>.+)\.(?<kind>weight|bias)$")]
    private static partial Regex Weight();

    [GeneratedRegex(@"^(?<layer>\d+)\.(?<part>.+)$")]
    private static partial Regex Part();
}
