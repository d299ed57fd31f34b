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
            [new Projection(weights.Get($"{prefix}.self_attn.qkv_proj.weight", queries + 2 * keys, width), null)],
            new Projection(weights.Get($"{prefix}.self_attn.o_proj.weight", width, queries), null),
            weights.Get($"{prefix}.post_attention_layernorm.weight", width),
            [new Projection(weights.Get($"{prefix}.mlp.gate_up_proj.weight", 2L * config.MlpWidth, width), null)],
            new Projection(weights.Get($"{prefix}.mlp.down_proj.weight", width, config.MlpWidth), null));
    }
}
