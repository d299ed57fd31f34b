namespace Interp.Models;

/// <summary>Phi-3: fused q, k, v rows and fused gate and up rows; LongRoPE; an optional sliding window.</summary>
internal sealed class Phi3Family : ModelFamily
{
    public override IReadOnlyList<string> Architectures => ["Phi3ForCausalLM"];

    public override ModelConfig Configure(ConfigJson json, string architecture) =>
        ReadCommon(json, architecture, defaultEpsilon: 1e-5) with { Window = json.OptionalSize("sliding_window") };

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}";
        long width = config.Width, queries = config.HeadCount * config.HeadWidth, keys = config.KeyValueHeadCount * config.HeadWidth;
        return new BlockWeights(
            weights.Get($"{prefix}.input_layernorm.weight", width),
            [weights.Project($"{prefix}.self_attn.qkv_proj", queries + 2 * keys, width)],
            weights.Project($"{prefix}.self_attn.o_proj", width, queries),
            weights.Get($"{prefix}.post_attention_layernorm.weight", width),
            [weights.Project($"{prefix}.mlp.gate_up_proj", 2L * config.MlpWidth, width)],
            weights.Project($"{prefix}.mlp.down_proj", width, config.MlpWidth));
    }
}
