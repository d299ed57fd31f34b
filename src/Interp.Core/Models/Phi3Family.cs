namespace Interp.Models;

/// <summary>Phi-3 and Phi-4-mini: fused q, k, v rows and fused gate and up rows; LongRoPE; an optional sliding window.</summary>
internal sealed class Phi3Family : ModelFamily
{
    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("Phi3ForCausalLM", "phi3")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        foreach (var neutral in (ReadOnlySpan<string>)["full_attn_mod", "interpolate_factor"])
        {
            if (json.Size(neutral, 1) != 1)
                throw json.Fault(neutral, "is not 1, which is not served");
        }
        return ReadCommon(json, architecture, defaultEpsilon: 1e-5) with { Window = json.OptionalSize("sliding_window") };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}";
        long width = config.Width;
        return new BlockWeights
        {
            AttentionNorm = NormWeights.Read(weights, config, $"{prefix}.input_layernorm", width),
            QueryKeyValue = [weights.Project($"{prefix}.self_attn.qkv_proj", config.QueryWidth + 2 * config.KeyValueWidth, width)],
            Output = weights.Project($"{prefix}.self_attn.o_proj", width, config.QueryWidth),
            MlpNorm = NormWeights.Read(weights, config, $"{prefix}.post_attention_layernorm", width),
            MlpInput = [weights.Project($"{prefix}.mlp.gate_up_proj", 2L * config.MlpWidth, width)],
            Down = weights.Project($"{prefix}.mlp.down_proj", width, config.MlpWidth),
        };
    }
}
