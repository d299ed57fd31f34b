using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>Writes a Phi-3 model as a folder that Hugging Face's transformers opens as <c>Phi3ForCausalLM</c>.</summary>
public static class HuggingFaceFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes <c>config.json</c>, <c>generation_config.json</c>, <c>model.safetensors</c> in bfloat16 and the tokenizer's
    /// files, each whole or not at all.
    /// </summary>
    /// <param name="folder">Made if it is absent.</param>
    /// <param name="config">Phi-3 without long-context scaling, with the ids that begin and end a text.</param>
    /// <param name="parameters">Weights under their Hugging Face names, in the order of the file.</param>
    /// <param name="tokenizerJson">Content of <c>tokenizer.json</c>.</param>
    /// <param name="tokens">Texts of the tokens that stand for the unknown, begin and end a text.</param>
    /// <exception cref="InterpException">A file cannot be written, or the configuration has no such form.</exception>
    public static void Write(
        string folder, ModelConfig config, IReadOnlyDictionary<string, Tensor> parameters, string tokenizerJson, SpecialTokens tokens)
    {
        if (config is not { Architecture: "Phi3ForCausalLM", Rope: { Scaling: RopeScaling.None } rope, BosId: not null, EosId: not null })
            throw new InterpException($"A model of architecture {config.Architecture} cannot be written to {folder}; only Phi-3 with plain rotary positions and begin and end tokens can.");
        Directory.CreateDirectory(folder);
        WriteJson(folder, "config.json", Config(config, rope));
        WriteJson(folder, "generation_config.json", new JsonObject
        {
            ["_from_model_config"] = true,
            ["bos_token_id"] = config.BosId,
            ["eos_token_id"] = config.EosId,
            ["pad_token_id"] = config.EosId,
        });
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer.json"), tokenizerJson);
        WriteJson(folder, "tokenizer_config.json", tokens.Configuration(config.ContextLength));
        WriteJson(folder, "special_tokens_map.json", tokens.Map());

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var rounded = parameters.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.detach().to(ScalarType.BFloat16)));
        SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), rounded, new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static JsonObject Config(ModelConfig config, RopeConfig rope) => new()
    {
        ["architectures"] = new JsonArray(config.Architecture),
        ["attention_bias"] = false,
        ["attention_dropout"] = 0.0,
        ["bos_token_id"] = config.BosId,
        ["embd_pdrop"] = 0.0,
        ["eos_token_id"] = config.EosId,
        ["hidden_act"] = "silu",
        ["hidden_size"] = config.Width,
        ["initializer_range"] = 0.02,
        ["intermediate_size"] = config.MlpWidth,
        ["max_position_embeddings"] = config.ContextLength,
        ["model_type"] = "phi3",
        ["num_attention_heads"] = config.HeadCount,
        ["num_hidden_layers"] = config.LayerCount,
        ["num_key_value_heads"] = config.KeyValueHeadCount,
        ["original_max_position_embeddings"] = config.ContextLength,
        ["pad_token_id"] = config.EosId,
        ["partial_rotary_factor"] = (double)rope.RotatedWidth / config.HeadWidth,
        ["resid_pdrop"] = 0.0,
        ["rms_norm_eps"] = config.NormEpsilon,
        ["rope_scaling"] = null,
        ["rope_theta"] = rope.Base,
        ["sliding_window"] = config.Window,
        ["tie_word_embeddings"] = config.TiedHead,
        ["torch_dtype"] = "bfloat16",
        ["use_cache"] = true,
        ["vocab_size"] = config.VocabularySize,
    };

    private static void WriteJson(string folder, string name, JsonObject value) =>
        AtomicFile.WriteText(Path.Combine(folder, name), value.ToJsonString(Indented) + "\n");
}

/// <summary>Texts of a tokenizer's special tokens.</summary>
/// <param name="Unknown">Stands for what has no token.</param>
/// <param name="Begin">Begins a text.</param>
/// <param name="End">Ends a text; it pads as well.</param>
public sealed record SpecialTokens(string Unknown, string Begin, string End)
{
    internal JsonObject Map() => new()
    {
        ["bos_token"] = Begin,
        ["eos_token"] = End,
        ["pad_token"] = End,
        ["unk_token"] = Unknown,
    };

    internal JsonObject Configuration(int contextLength) => new()
    {
        ["add_bos_token"] = true,
        ["add_eos_token"] = false,
        ["bos_token"] = Begin,
        ["clean_up_tokenization_spaces"] = false,
        ["eos_token"] = End,
        ["model_max_length"] = contextLength,
        ["pad_token"] = End,
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
        ["unk_token"] = Unknown,
    };
}
